"""Accounts of both principals: opened, changed and ended."""
