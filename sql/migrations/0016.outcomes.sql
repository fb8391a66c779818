-- depends: 0015.procrastinate 0003.conversations
-- What came of each call, written once it is over.

ALTER TABLE conversations ADD COLUMN summary text;
ALTER TABLE conversations ADD COLUMN outcome text;
ALTER TABLE conversations ADD CONSTRAINT conversations_summary_check CHECK (char_length(summary) <= 4000) NOT VALID;
ALTER TABLE conversations ADD CONSTRAINT conversations_outcome_check CHECK (outcome ~ '^[a-z][a-z_]{0,49}$') NOT VALID;
ALTER TABLE conversations ADD CONSTRAINT conversations_outcome_has_summary
CHECK ((summary IS NULL) = (outcome IS NULL)) NOT VALID;
