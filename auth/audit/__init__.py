"""What happened to accounts."""
