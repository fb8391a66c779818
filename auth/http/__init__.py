"""Requests: who asks, what handlers take, give and refuse, and pages of lists."""
