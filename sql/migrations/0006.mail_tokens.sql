-- depends: 0005.audit_log

-- Whether its owner has followed a link that was mailed there.
ALTER TABLE users ADD COLUMN email_verified boolean NOT NULL DEFAULT false;
ALTER TABLE stores ADD COLUMN email_verified boolean NOT NULL DEFAULT false;

-- What a mailed link proves once, as SHA-256: that whoever follows it reads what is sent to `email`.
CREATE TABLE mail_tokens (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    user_id uuid REFERENCES users ON DELETE CASCADE,
    store_id uuid REFERENCES stores ON DELETE CASCADE,
    account_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(user_id, store_id)) STORED,
    kind text NOT NULL GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'store' ELSE 'user' END) STORED,
    purpose text NOT NULL CHECK (purpose IN ('reset_password', 'verify_email')),
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 320),
    expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(user_id, store_id) = 1)
);

CREATE INDEX mail_tokens_user ON mail_tokens (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mail_tokens_store ON mail_tokens (store_id) WHERE store_id IS NOT NULL;
CREATE INDEX mail_tokens_expires_at ON mail_tokens (expires_at);
