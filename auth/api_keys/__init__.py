"""API keys: how a store's own programs ask, within a few scopes."""
