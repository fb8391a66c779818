DROP TABLE knowledge_entries;
DROP TABLE opening_hours;
DROP TABLE assistants;
DROP FUNCTION sounds_of;
DROP EXTENSION fuzzystrmatch;
DROP EXTENSION btree_gin;
DROP EXTENSION pg_trgm;
