ALTER TABLE voice_tickets DROP COLUMN conversation_id;
DELETE FROM turns WHERE speaker = 'staff';
ALTER TABLE turns DROP CONSTRAINT turns_speaker_check;
ALTER TABLE turns ADD CONSTRAINT turns_speaker_check CHECK (speaker IN ('caller', 'assistant')) NOT VALID;
ALTER TABLE turns DROP COLUMN whispered;
