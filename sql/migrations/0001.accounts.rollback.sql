DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE stores;
DROP TABLE users;
