-- depends: 0010.voice_sign_ins

-- Who is talking to whom just now, in every process. A process says every few seconds that its rows still hold; those of one
-- that was killed are over soon after. Unlogged: what was true before a crash of the database is not true after it.
CREATE UNLOGGED TABLE voice_places (
    id uuid PRIMARY KEY,
    principal_id uuid NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    started_at timestamptz NOT NULL,
    held_until timestamptz NOT NULL
);

CREATE INDEX voice_places_principal_id ON voice_places (principal_id);
CREATE INDEX voice_places_store_id ON voice_places (store_id);
CREATE INDEX voice_places_held_until ON voice_places (held_until);
