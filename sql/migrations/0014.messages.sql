-- depends: 0003.conversations 0013.turn_sources
-- What callers ask the assistant to pass on.

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    -- What is deleted of a conversation is deleted of its messages.
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    taken_at timestamptz NOT NULL,
    name text CHECK (char_length(name) BETWEEN 1 AND 80),
    number text CHECK (number ~ '^\+?[0-9]{1,19}$'),
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 2000),
    confirmed boolean NOT NULL,
    done_at timestamptz
);

COMMENT ON COLUMN messages.confirmed IS 'The caller heard it read back and said yes';

CREATE INDEX messages_of_store ON messages (store_id, taken_at DESC, id DESC);
CREATE INDEX messages_of_conversation ON messages (conversation_id);

-- The one that follows allows all that this one did.
-- squawk-ignore ban-drop-constraint
ALTER TABLE turns DROP CONSTRAINT turns_basis_check;
-- Not validated: every row there is fits.
ALTER TABLE turns ADD CONSTRAINT turns_basis_check CHECK (
    basis IN ('hours', 'price', 'entry', 'small_talk', 'unknown', 'tool', 'facts', 'nothing')
) NOT VALID;
