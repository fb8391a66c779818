-- depends: 0002.assistants
-- How long each assistant waits for its caller.

ALTER TABLE assistants ADD COLUMN turn_profile text NOT NULL DEFAULT 'normal';
-- Not validated: every row there is has the default.
ALTER TABLE assistants ADD CONSTRAINT assistants_turn_profile_check
CHECK (turn_profile IN ('patient', 'normal', 'snappy')) NOT VALID;
