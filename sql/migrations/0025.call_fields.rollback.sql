ALTER TABLE conversations DROP COLUMN fields, DROP COLUMN fields_missing;
