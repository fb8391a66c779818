-- depends: 0022.api_keys 0017.phone_conversations
-- Buttons on stores' own pages, with which anybody talks to their assistants.

CREATE TABLE widgets (
    id uuid PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    -- Stands in the page, so it is no secret.
    key text NOT NULL UNIQUE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    assistant text CHECK (char_length(assistant) <= 48),
    origins text [] NOT NULL CHECK (cardinality(origins) > 0),
    created_at timestamptz NOT NULL
);
CREATE INDEX widgets_of_store ON widgets (store_id, created_at);

COMMENT ON COLUMN widgets.assistant IS 'By its slug; null is the default one';

-- Unlogged: a ticket lives for thirty seconds, and a crash may take it along.
CREATE UNLOGGED TABLE widget_tickets (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    widget_id uuid NOT NULL REFERENCES widgets (id) ON DELETE CASCADE,
    origin text NOT NULL,
    guest_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX widget_tickets_of_widget ON widget_tickets (widget_id);
CREATE INDEX widget_tickets_expires_at ON widget_tickets (expires_at);

-- Which channels there are is for the code to say.
-- squawk-ignore ban-drop-constraint
ALTER TABLE conversations DROP CONSTRAINT conversations_channel_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_channel_check CHECK (channel ~ '^[a-z]{1,20}$') NOT VALID;
