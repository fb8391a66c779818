"""What an account proves besides its password: codes of an authenticator app, passkeys, recovery codes."""
