-- depends: 0004.voice_tickets

-- A ticket admits for as long as the access token that bought it; one without that from an older process is over at once.
ALTER TABLE voice_tickets ADD COLUMN signed_in_until timestamptz NOT NULL DEFAULT '-infinity';
