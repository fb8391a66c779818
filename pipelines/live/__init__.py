"""Conversations while they go on: who talks to whom, word by word, and what a store may do about it."""
