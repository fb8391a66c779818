-- depends: 0003.conversations

-- Replaced in this very transaction by a wider one.
-- squawk-ignore ban-drop-constraint
ALTER TABLE conversations DROP CONSTRAINT conversations_channel_check;
-- Every row so far satisfied the narrower one: there is nothing to read again.
ALTER TABLE conversations
ADD CONSTRAINT conversations_channel_check CHECK (channel IN ('websocket', 'webrtc')) NOT VALID;
