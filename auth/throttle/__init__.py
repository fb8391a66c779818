"""Limits on guessing and flooding."""
