-- depends: 0003.conversations
-- What each answer stood on: the entries as they were then, for entries are changed and deleted later.

ALTER TABLE turns ADD COLUMN basis text;
ALTER TABLE turns ADD COLUMN sources jsonb NOT NULL DEFAULT '[]';
-- Not validated: every row there is has none.
ALTER TABLE turns ADD CONSTRAINT turns_basis_check CHECK (
    basis IN ('hours', 'price', 'entry', 'small_talk', 'unknown', 'facts', 'nothing')
) NOT VALID;
ALTER TABLE turns ADD CONSTRAINT turns_sources_check CHECK (jsonb_typeof(sources) = 'array') NOT VALID;

COMMENT ON COLUMN turns.basis IS 'null: no answer. unknown: "I don''t know". facts, nothing: what the model was given';
