-- depends: 0001.accounts
-- Each store's assistant, when the store is open, and what the assistant may say about it.

-- All are trusted: whoever may create tables here may create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- How each word sounds, with its first letter: what was heard as "piece lily" still finds the peace lily.
CREATE FUNCTION sounds_of(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT left(word, 1) || dmetaphone(word)
    FROM regexp_split_to_table(lower(words), '[^a-z]+') AS word
    WHERE length(dmetaphone(word)) > 1
);

CREATE TABLE assistants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL UNIQUE REFERENCES stores (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    greeting text NOT NULL CHECK (char_length(greeting) BETWEEN 1 AND 500),
    instructions text NOT NULL CHECK (char_length(instructions) <= 4000),
    -- An IANA name; the code that reads it knows which exist.
    time_zone text NOT NULL CHECK (char_length(time_zone) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A day without a row is a day when the store is closed.
CREATE TABLE opening_hours (
    assistant_id uuid NOT NULL REFERENCES assistants (id) ON DELETE CASCADE,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    opens time NOT NULL,
    closes time NOT NULL CHECK (closes > opens),
    PRIMARY KEY (assistant_id, weekday)
);

COMMENT ON COLUMN opening_hours.weekday IS '0 is Monday';

CREATE TABLE knowledge_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('answer', 'price')),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
    asked_as text NOT NULL CHECK (char_length(asked_as) <= 1000),
    body text NOT NULL CHECK (char_length(body) <= 2000),
    price_cents integer CHECK (price_cents >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- A is the name, B the other words that callers use for it, C the rest.
    search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A')
        || setweight(to_tsvector('english', asked_as), 'B')
        || setweight(to_tsvector('english', body), 'C')
    ) STORED,
    sounds text[] NOT NULL GENERATED ALWAYS AS (sounds_of(title)) STORED,
    UNIQUE (store_id, title),
    CHECK ((kind = 'price') = (price_cents IS NOT NULL)),
    CHECK ((price_cents IS NULL) = (currency IS NULL))
);

-- The store comes first, so that its search never reads another store's entries.
CREATE INDEX knowledge_entries_found_by ON knowledge_entries USING gin (store_id, search, title gin_trgm_ops, sounds);
