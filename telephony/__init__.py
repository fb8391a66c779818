"""Telephone calls: what is the same for every carrier, and one folder for each of them."""
