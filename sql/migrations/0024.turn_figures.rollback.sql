ALTER TABLE turns DROP COLUMN audio_start_ms, DROP COLUMN audio_end_ms, DROP COLUMN usage, DROP COLUMN unheard;
