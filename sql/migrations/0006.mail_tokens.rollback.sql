DROP TABLE mail_tokens;
ALTER TABLE stores DROP COLUMN email_verified;
ALTER TABLE users DROP COLUMN email_verified;
