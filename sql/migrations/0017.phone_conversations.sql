-- depends: 0016.outcomes 0009.webrtc_channel
-- Conversations over the telephone: who called whom, and with which number.

ALTER TABLE conversations ADD COLUMN direction text NOT NULL DEFAULT 'inbound';
ALTER TABLE conversations ADD COLUMN caller_number text;
ALTER TABLE conversations
ADD CONSTRAINT conversations_direction_check CHECK (direction IN ('inbound', 'outbound')) NOT VALID;
ALTER TABLE conversations
ADD CONSTRAINT conversations_caller_number_check CHECK (caller_number ~ '^\+[1-9][0-9]{6,14}$') NOT VALID;
COMMENT ON COLUMN conversations.caller_number IS
'The number at the other end, E.164; null without a telephone, or when it is withheld';

-- The one that follows allows all that this one did.
-- squawk-ignore ban-drop-constraint
ALTER TABLE conversations DROP CONSTRAINT conversations_channel_check;
-- Not validated: every row there is fits.
ALTER TABLE conversations
ADD CONSTRAINT conversations_channel_check CHECK (channel IN ('websocket', 'webrtc', 'phone')) NOT VALID;
