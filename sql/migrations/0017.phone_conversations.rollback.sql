-- What was said over the telephone stays on record.
ALTER TABLE conversations DROP CONSTRAINT conversations_channel_check;
ALTER TABLE conversations
ADD CONSTRAINT conversations_channel_check CHECK (channel IN ('websocket', 'webrtc')) NOT VALID;
ALTER TABLE conversations DROP COLUMN caller_number, DROP COLUMN direction;
