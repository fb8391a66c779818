"""Two principals: accounts, passwords, tokens, sessions."""
