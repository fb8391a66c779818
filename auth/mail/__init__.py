"""Mail: what we write, how it is sent, and links that come back."""
