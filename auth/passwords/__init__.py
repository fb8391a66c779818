"""Passwords: which are allowed, and how they are kept."""
