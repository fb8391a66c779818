ALTER TABLE conversations DROP COLUMN summary, DROP COLUMN outcome;
