"""`python -m server doctor`: whether this machine, the database and other companies give what the settings need."""
