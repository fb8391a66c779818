"""The assistants of stores: what they are, how they are edited and published, and where users find them."""
