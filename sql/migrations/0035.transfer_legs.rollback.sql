ALTER TABLE phone_calls DROP COLUMN transfer_of;
