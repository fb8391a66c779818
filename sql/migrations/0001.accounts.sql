-- Accounts of the two principals, their sessions, and the hashes of their refresh tokens.

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (char_length(email) BETWEEN 3 AND 320),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    password_hash text NOT NULL CHECK (char_length(password_hash) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE stores (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (char_length(email) BETWEEN 3 AND 320),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 48),
    password_hash text NOT NULL CHECK (char_length(password_hash) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A session belongs to exactly one principal; its kind follows from which one, so that the two cannot disagree.
CREATE TABLE sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    store_id uuid REFERENCES stores ON DELETE CASCADE,
    kind text NOT NULL GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'store' ELSE 'user' END) STORED,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text CHECK (revoked_reason IN ('logout', 'logout_everywhere', 'refresh_token_reused')),
    user_agent text NOT NULL CHECK (char_length(user_agent) <= 256),
    address text NOT NULL CHECK (char_length(address) <= 64),
    CHECK (num_nonnulls(user_id, store_id) = 1),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);

CREATE INDEX sessions_user_id_idx ON sessions (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_store_id_idx ON sessions (store_id) WHERE store_id IS NOT NULL;

-- Every token a session ever had, as SHA-256, so that an old one is recognised when it comes back.
CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    generation bigint NOT NULL CHECK (generation >= 0),
    created_at timestamptz NOT NULL,
    UNIQUE (session_id, generation)
);
