-- depends: 0016.webhooks
-- Keys of stores' own programs. Revoking one deletes it; the audit log knows that it was.

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- What is shown to tell keys apart; the key itself is kept nowhere.
    ends_with text NOT NULL CHECK (char_length(ends_with) = 4),
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    -- Which there are is for the code to say.
    scopes text [] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_of_store ON api_keys (store_id, created_at);
