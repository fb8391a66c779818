-- depends: 0003.conversations

-- Unlogged: a ticket lives for thirty seconds, and a crash may take it along.
CREATE UNLOGGED TABLE voice_tickets (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    kind text NOT NULL CHECK (kind IN ('user', 'store')),
    principal_id uuid NOT NULL,
    session_id uuid NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE INDEX voice_tickets_store_id ON voice_tickets (store_id);
CREATE INDEX voice_tickets_expires_at ON voice_tickets (expires_at);
