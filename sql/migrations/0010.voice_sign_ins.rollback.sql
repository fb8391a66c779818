ALTER TABLE voice_tickets DROP COLUMN signed_in_until;
