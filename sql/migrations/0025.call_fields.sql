-- depends: 0024.turn_figures
-- What a store's own fields say of a call.

ALTER TABLE conversations ADD COLUMN fields jsonb;
ALTER TABLE conversations ADD COLUMN fields_missing text;
ALTER TABLE conversations ADD CONSTRAINT conversations_fields_check
CHECK (jsonb_typeof(fields) = 'object' AND octet_length(fields::text) <= 30000) NOT VALID;
ALTER TABLE conversations ADD CONSTRAINT conversations_fields_missing_check
CHECK (fields_missing ~ '^[a-z][a-z_]{0,49}$') NOT VALID;

COMMENT ON COLUMN conversations.fields IS 'By name; null where the assistant wanted none, or the call is not over';
COMMENT ON COLUMN conversations.fields_missing IS 'Why all of them are null';
