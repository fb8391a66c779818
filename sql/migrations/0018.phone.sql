-- depends: 0017.phone_conversations
-- Telephone numbers, who answers them, and calls from the first ring to the end.

CREATE TABLE phone_numbers (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),
    provider text NOT NULL CHECK (provider IN ('twilio', 'daily')),
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    -- Null for the store's default one.
    assistant_id uuid REFERENCES assistants (id) ON DELETE SET NULL,
    assigned_at timestamptz NOT NULL
);
CREATE INDEX phone_numbers_of_store ON phone_numbers (store_id);
CREATE INDEX phone_numbers_of_assistant ON phone_numbers (assistant_id);

CREATE TABLE phone_calls (
    id uuid PRIMARY KEY,
    provider text NOT NULL CHECK (provider IN ('twilio', 'daily')),
    -- The provider's own; null until it has told it of a call that we make.
    provider_call_id text CHECK (char_length(provider_call_id) BETWEEN 1 AND 100),
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    assistant text,
    direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    number text NOT NULL,
    caller_number text,
    state text NOT NULL DEFAULT 'ringing' CHECK (state IN ('ringing', 'live', 'ended')),
    started_at timestamptz NOT NULL,
    live_at timestamptz,
    ended_at timestamptz,
    end_reason text CHECK (char_length(end_reason) BETWEEN 1 AND 60),
    -- Media streams that were opened: each token opens the one after those.
    streams integer NOT NULL DEFAULT 0 CHECK (streams >= 0),
    -- Until when a process says that it has the media.
    held_until timestamptz,
    greeting text CHECK (char_length(greeting) <= 300),
    voicemail text CHECK (char_length(voicemail) <= 500),
    answered_by text CHECK (char_length(answered_by) <= 40),
    transferred_to text,
    briefing text CHECK (char_length(briefing) <= 500),
    conversation_id uuid,
    duration_s integer CHECK (duration_s >= 0),
    cost numeric(12, 5),
    currency text CHECK (char_length(currency) = 3),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    UNIQUE (provider, provider_call_id)
);
COMMENT ON COLUMN phone_calls.number IS 'Ours';
COMMENT ON COLUMN phone_calls.caller_number IS 'The other one; null when it is withheld';

CREATE INDEX phone_calls_of_store ON phone_calls (store_id, started_at DESC, id DESC);
-- What the carrier is asked about.
CREATE INDEX phone_calls_unsettled ON phone_calls (provider, started_at) WHERE cost IS NULL;
