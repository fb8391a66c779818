-- depends: 0027.saved_views
-- A person whom a caller is put through to is rung by a call of its own.

ALTER TABLE phone_calls ADD COLUMN transfer_of uuid;
COMMENT ON COLUMN phone_calls.transfer_of IS 'Whose caller whoever is called here takes over; null for any other call';
