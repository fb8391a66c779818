-- depends: 0023.widgets
-- What each turn took, where it is in the recording, and what of it went unheard.

ALTER TABLE turns ADD COLUMN audio_start_ms integer;
ALTER TABLE turns ADD COLUMN audio_end_ms integer;
ALTER TABLE turns ADD COLUMN usage jsonb;
ALTER TABLE turns ADD COLUMN unheard text NOT NULL DEFAULT '';
ALTER TABLE turns ADD CONSTRAINT turns_audio_check
CHECK ((audio_start_ms IS NULL) = (audio_end_ms IS NULL) AND audio_end_ms >= audio_start_ms) NOT VALID;
ALTER TABLE turns ADD CONSTRAINT turns_unheard_check CHECK (char_length(unheard) <= 10000) NOT VALID;

COMMENT ON COLUMN turns.usage IS 'Providers by name, and what they counted: what pipelines/conversations/records.py reads';
