ALTER TABLE voice_places DROP COLUMN taken_over;
