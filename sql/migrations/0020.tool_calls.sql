-- depends: 0003.conversations 0016.webhooks
-- What the assistant has done in a conversation with its tools, and what came of it.

CREATE TABLE tool_calls (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    arguments jsonb NOT NULL CHECK (jsonb_typeof(arguments) = 'object'),
    answer text NOT NULL CHECK (char_length(answer) <= 2000),
    outcome text NOT NULL CHECK (outcome IN ('ok', 'failed', 'timed_out', 'invalid', 'refused', 'cancelled')),
    started_at timestamptz NOT NULL,
    duration_ms integer NOT NULL CHECK (duration_ms >= 0)
);

COMMENT ON COLUMN tool_calls.answer IS 'What was said or told to the model, or what went wrong';

CREATE INDEX tool_calls_of_conversation ON tool_calls (conversation_id, started_at);
