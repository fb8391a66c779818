-- depends: 0004.voice_tickets

-- What an account proves besides its password. As with sessions, each row belongs to exactly one principal and its kind
-- follows from which one; account_id is that principal, so that one query serves both.

CREATE TABLE totp_factors (
    user_id uuid UNIQUE REFERENCES users ON DELETE CASCADE,
    store_id uuid UNIQUE REFERENCES stores ON DELETE CASCADE,
    account_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(user_id, store_id)) STORED,
    kind text NOT NULL GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'store' ELSE 'user' END) STORED,
    sealed_secret bytea NOT NULL CHECK (octet_length(sealed_secret) <= 128),
    enrolled_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint,
    tries smallint NOT NULL DEFAULT 0,
    tries_since timestamptz NOT NULL,
    PRIMARY KEY (account_id, kind),
    CHECK (num_nonnulls(user_id, store_id) = 1)
);

COMMENT ON COLUMN totp_factors.last_step IS 'The newest time step whose code was accepted: no code counts twice';
COMMENT ON COLUMN totp_factors.tries IS 'Codes tried since tries_since; an accepted one begins anew';

CREATE TABLE recovery_codes (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    store_id uuid REFERENCES stores ON DELETE CASCADE,
    account_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(user_id, store_id)) STORED,
    kind text NOT NULL GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'store' ELSE 'user' END) STORED,
    CHECK (num_nonnulls(user_id, store_id) = 1)
);

CREATE INDEX recovery_codes_account ON recovery_codes (account_id);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX recovery_codes_store ON recovery_codes (store_id) WHERE store_id IS NOT NULL;

CREATE TABLE passkeys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    store_id uuid REFERENCES stores ON DELETE CASCADE,
    account_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(user_id, store_id)) STORED,
    kind text NOT NULL GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'store' ELSE 'user' END) STORED,
    rp_id text NOT NULL CHECK (char_length(rp_id) BETWEEN 1 AND 253),
    credential_id bytea NOT NULL CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL CHECK (octet_length(public_key) <= 4096),
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    transports text [] NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT passkeys_of_one_authenticator UNIQUE (credential_id),
    CHECK (num_nonnulls(user_id, store_id) = 1)
);

CREATE INDEX passkeys_account ON passkeys (account_id);
CREATE INDEX passkeys_user ON passkeys (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX passkeys_store ON passkeys (store_id) WHERE store_id IS NOT NULL;

-- Unlogged: these live for minutes, and a crash may take them along.
CREATE UNLOGGED TABLE challenges (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    kind text NOT NULL CHECK (kind IN ('user', 'store')),
    purpose text NOT NULL CHECK (purpose IN ('login', 'proof', 'passkey_login', 'passkey_registration')),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    store_id uuid REFERENCES stores ON DELETE CASCADE,
    session_id uuid REFERENCES sessions ON DELETE CASCADE,
    tries smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(user_id, store_id) = CASE WHEN purpose = 'passkey_login' THEN 0 ELSE 1 END),
    CHECK ((session_id IS NULL) = (purpose IN ('login', 'passkey_login')))
);

CREATE INDEX challenges_expires_at ON challenges (expires_at);
CREATE INDEX challenges_user ON challenges (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX challenges_store ON challenges (store_id) WHERE store_id IS NOT NULL;
CREATE INDEX challenges_session ON challenges (session_id) WHERE session_id IS NOT NULL;

-- When a session last proved again who holds it.
CREATE UNLOGGED TABLE fresh_proofs (
    session_id uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    proved_at timestamptz NOT NULL
);

-- Who began to log in or to prove something with a password that is none any more begins again.
CREATE FUNCTION end_challenges_of_a_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM challenges WHERE NEW.id IN (user_id, store_id);
    RETURN NULL;
END
$$;

CREATE TRIGGER users_end_challenges AFTER UPDATE OF password_hash ON users
FOR EACH ROW WHEN (OLD.password_hash <> NEW.password_hash)
EXECUTE FUNCTION end_challenges_of_a_password();

CREATE TRIGGER stores_end_challenges AFTER UPDATE OF password_hash ON stores
FOR EACH ROW WHEN (OLD.password_hash <> NEW.password_hash)
EXECUTE FUNCTION end_challenges_of_a_password();
