"""Rooms at Daily: where they come from, and who talks in them. Loaded only where TELEPHONY_PROVIDER names it."""
