DROP TRIGGER stores_end_challenges ON stores;
DROP TRIGGER users_end_challenges ON users;
DROP FUNCTION end_challenges_of_a_password();
DROP TABLE fresh_proofs;
DROP TABLE challenges;
DROP TABLE passkeys;
DROP TABLE recovery_codes;
DROP TABLE totp_factors;
