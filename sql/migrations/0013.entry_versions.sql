-- depends: 0013.turn_sources
-- Two people may edit the same entry: the second one is told.

ALTER TABLE knowledge_entries ADD COLUMN version integer NOT NULL DEFAULT 1;
