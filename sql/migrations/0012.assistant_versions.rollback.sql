ALTER TABLE voice_tickets DROP COLUMN draft;
ALTER TABLE voice_tickets DROP COLUMN assistant;
ALTER TABLE conversations DROP COLUMN assistant_version;

CREATE TABLE opening_hours (
    assistant_id uuid NOT NULL REFERENCES assistants (id) ON DELETE CASCADE,
    weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    opens time NOT NULL,
    closes time NOT NULL CHECK (closes > opens),
    PRIMARY KEY (assistant_id, weekday)
);
COMMENT ON COLUMN opening_hours.weekday IS '0 is Monday';

-- One assistant a store was all there could be: the default one as it was last published.
DELETE FROM assistants
WHERE NOT is_default OR deleted_at IS NOT NULL
OR NOT EXISTS (SELECT FROM assistant_versions WHERE assistant_versions.assistant_id = assistants.id);
DROP INDEX assistants_by_slug, assistants_default, assistants_store_id;
ALTER TABLE assistants
ADD CONSTRAINT assistants_store_id_key UNIQUE (store_id),
ADD COLUMN name text NOT NULL DEFAULT '-' CHECK (char_length(name) BETWEEN 1 AND 80),
ADD COLUMN greeting text NOT NULL DEFAULT '-' CHECK (char_length(greeting) BETWEEN 1 AND 500),
ADD COLUMN instructions text NOT NULL DEFAULT '' CHECK (char_length(instructions) <= 4000),
ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC' CHECK (char_length(time_zone) BETWEEN 1 AND 64),
ADD COLUMN turn_profile text NOT NULL DEFAULT 'normal' CHECK (turn_profile IN ('patient', 'normal', 'snappy'));
UPDATE assistants SET
    name = live.content ->> 'name',
    greeting = live.content ->> 'greeting',
    instructions = coalesce(live.content ->> 'instructions', ''),
    time_zone = live.content ->> 'time_zone',
    turn_profile = coalesce(live.content ->> 'turn_profile', 'normal')
FROM (
    SELECT DISTINCT ON (assistant_id) assistant_id, content FROM assistant_versions ORDER BY assistant_id, number DESC
) AS live
WHERE live.assistant_id = assistants.id;
INSERT INTO opening_hours (assistant_id, weekday, opens, closes)
SELECT live.assistant_id, day.position - 1, min((span ->> 'opens')::time), max((span ->> 'closes')::time)
FROM (
    SELECT DISTINCT ON (assistant_id) assistant_id, content FROM assistant_versions ORDER BY assistant_id, number DESC
) AS live,
unnest(ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])
WITH ORDINALITY AS day (name, position),
jsonb_array_elements(live.content -> 'hours' -> day.name) AS span
GROUP BY live.assistant_id, day.position;
ALTER TABLE assistants
ALTER COLUMN name DROP DEFAULT, ALTER COLUMN greeting DROP DEFAULT,
ALTER COLUMN instructions DROP DEFAULT, ALTER COLUMN time_zone DROP DEFAULT,
DROP COLUMN slug, DROP COLUMN is_default, DROP COLUMN draft, DROP COLUMN revision, DROP COLUMN deleted_at;
DROP TABLE assistant_versions;
DROP FUNCTION refuse_to_change_a_version;
