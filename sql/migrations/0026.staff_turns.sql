-- depends: 0024.turn_figures
-- What the store's staff says in a conversation, and what it only tells the assistant.

ALTER TABLE turns ADD COLUMN whispered boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN turns.whispered IS 'Staff told the assistant, unheard: callers never see it';

-- The one that follows allows all that this one did.
-- squawk-ignore ban-drop-constraint
ALTER TABLE turns DROP CONSTRAINT turns_speaker_check;
-- Not validated: every row there is fits.
ALTER TABLE turns ADD CONSTRAINT turns_speaker_check CHECK (speaker IN ('caller', 'assistant', 'staff')) NOT VALID;

-- Such a ticket lets staff listen to one conversation, and opens nothing else.
ALTER TABLE voice_tickets ADD COLUMN conversation_id uuid;
