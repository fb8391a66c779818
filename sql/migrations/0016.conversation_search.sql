-- depends: 0016.outcomes
-- What was said can be searched, by the stems of English words.

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX turns_said ON turns USING gin (to_tsvector('english', text));
