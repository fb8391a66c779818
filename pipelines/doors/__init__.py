"""The ways into a conversation, and the tickets that open them."""
