-- depends: 0035.transfer_legs
-- Which voicemail was left in a call, so that those of which we were not told are looked for, and none is kept twice.

ALTER TABLE phone_calls ADD COLUMN recording text;
COMMENT ON COLUMN phone_calls.recording IS 'The carrier''s id of the voicemail that is in the inbox; null without one';
-- Of those before we were told, and the inbox may have been tidied since.
UPDATE phone_calls SET recording = 'kept' WHERE end_reason = 'voicemail';
