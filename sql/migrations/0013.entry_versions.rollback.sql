ALTER TABLE knowledge_entries DROP COLUMN version;
