"""A Twilio of our own: it rings a running server and speaks the exact media-stream protocol, for tests and load."""
