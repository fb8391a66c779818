-- depends: 0002.assistants

CREATE TABLE conversations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    assistant_id uuid NOT NULL REFERENCES assistants (id) ON DELETE CASCADE,
    -- Null when the store tried its own assistant, and once the user is gone: the store keeps what was said.
    user_id uuid REFERENCES users (id) ON DELETE SET NULL,
    channel text NOT NULL CHECK (channel IN ('websocket')),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text CHECK (char_length(end_reason) BETWEEN 1 AND 60),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

-- Both lists are read newest first, a page at a time.
CREATE INDEX conversations_of_store ON conversations (store_id, started_at DESC, id DESC);
CREATE INDEX conversations_of_user ON conversations (user_id, started_at DESC, id DESC);
CREATE INDEX conversations_of_assistant ON conversations (assistant_id);

CREATE TABLE turns (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    position integer NOT NULL CHECK (position >= 0),
    speaker text NOT NULL CHECK (speaker IN ('caller', 'assistant')),
    text text NOT NULL CHECK (char_length(text) <= 10000),
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    interrupted boolean NOT NULL,
    answered_by text CHECK (answered_by IN ('grounded', 'model')),
    -- Milliseconds since the caller's speech ended.
    endpoint_ms integer CHECK (endpoint_ms >= 0),
    transcript_ms integer CHECK (transcript_ms >= 0),
    first_token_ms integer CHECK (first_token_ms >= 0),
    first_audio_ms integer CHECK (first_audio_ms >= 0),
    on_wire_ms integer CHECK (on_wire_ms >= 0),
    PRIMARY KEY (conversation_id, position)
);
