-- depends: 0003.conversations 0010.voice_places 0011.turn_profile
-- Several assistants for a store, each edited as a draft and published as numbered versions.

CREATE TABLE assistant_versions (
    assistant_id uuid NOT NULL REFERENCES assistants (id) ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 1),
    -- What pipelines/assistants/content.py reads and writes; the highest number answers.
    content jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    restored_from integer CHECK (restored_from < number),
    PRIMARY KEY (assistant_id, number)
);

COMMENT ON COLUMN assistant_versions.restored_from IS 'The older version that this one repeats';

CREATE FUNCTION refuse_to_change_a_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'What was published stays as it was' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER assistant_versions_stay BEFORE UPDATE ON assistant_versions
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_a_version();

ALTER TABLE assistants ADD COLUMN slug text NOT NULL DEFAULT 'assistant';
ALTER TABLE assistants ADD COLUMN is_default boolean NOT NULL DEFAULT true;
ALTER TABLE assistants ADD COLUMN draft jsonb NOT NULL DEFAULT '{}';
ALTER TABLE assistants ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE assistants ADD COLUMN deleted_at timestamptz;
-- squawk-ignore ban-drop-default
ALTER TABLE assistants ALTER COLUMN slug DROP DEFAULT;
-- squawk-ignore ban-drop-default
ALTER TABLE assistants ALTER COLUMN is_default DROP DEFAULT;
-- squawk-ignore ban-drop-default
ALTER TABLE assistants ALTER COLUMN draft DROP DEFAULT;
ALTER TABLE assistants ADD CONSTRAINT assistants_slug_check
CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 48) NOT VALID;

COMMENT ON COLUMN assistants.revision IS 'Grows with each change of the draft, so that two editors notice each other';
COMMENT ON COLUMN assistants.deleted_at IS 'Conversations with it stay on record, and so does what they stood on';

UPDATE assistants SET draft = jsonb_build_object(
    'name', name,
    'greeting', greeting,
    'instructions', instructions,
    'time_zone', time_zone,
    'turn_profile', turn_profile,
    'hours', (
        SELECT coalesce(jsonb_object_agg(
            (ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])[weekday + 1],
            jsonb_build_array(
                jsonb_build_object('opens', to_char(opens, 'HH24:MI'), 'closes', to_char(closes, 'HH24:MI'))
            )
        ), '{}')
        FROM opening_hours
        WHERE opening_hours.assistant_id = assistants.id
    )
);
INSERT INTO assistant_versions (assistant_id, number, content, published_at)
SELECT id, 1, draft, created_at FROM assistants;

-- Hundreds of rows at the most, in a migration that holds the table anyway.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX assistants_by_slug ON assistants (store_id, slug) WHERE deleted_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX assistants_default ON assistants (store_id) WHERE is_default AND deleted_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX assistants_store_id ON assistants (store_id);

-- All of it is in the draft and in version 1 now, and two places would come to disagree.
-- squawk-ignore ban-drop-constraint
ALTER TABLE assistants DROP CONSTRAINT assistants_store_id_key;
-- squawk-ignore ban-drop-column
ALTER TABLE assistants DROP COLUMN name;
-- squawk-ignore ban-drop-column
ALTER TABLE assistants DROP COLUMN greeting;
-- squawk-ignore ban-drop-column
ALTER TABLE assistants DROP COLUMN instructions;
-- squawk-ignore ban-drop-column
ALTER TABLE assistants DROP COLUMN time_zone;
-- squawk-ignore ban-drop-column
ALTER TABLE assistants DROP COLUMN turn_profile;
-- squawk-ignore ban-drop-table
DROP TABLE opening_hours;

-- Until now every conversation was with what is version 1.
ALTER TABLE conversations ADD COLUMN assistant_version integer DEFAULT 1;
-- squawk-ignore ban-drop-default
ALTER TABLE conversations ALTER COLUMN assistant_version DROP DEFAULT;

COMMENT ON COLUMN conversations.assistant_version IS 'Null: the draft, which the store tried';

-- Which assistant a ticket is for: null is the default one.
ALTER TABLE voice_tickets ADD COLUMN assistant text;
ALTER TABLE voice_tickets ADD COLUMN draft boolean NOT NULL DEFAULT false;
