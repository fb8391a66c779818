ALTER TABLE assistants DROP COLUMN turn_profile;
