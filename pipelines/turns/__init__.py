"""Whose turn it is to speak."""
