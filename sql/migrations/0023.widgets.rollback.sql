DROP TABLE widget_tickets, widgets;
-- What was said through a widget stays on record.
ALTER TABLE conversations DROP CONSTRAINT conversations_channel_check;
ALTER TABLE conversations
ADD CONSTRAINT conversations_channel_check CHECK (channel IN ('websocket', 'webrtc', 'phone')) NOT VALID;
