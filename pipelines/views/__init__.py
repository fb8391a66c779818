"""Filters of the list of conversations, under names that a store gives them."""
