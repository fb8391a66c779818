"""What was said: kept while it is said, and read by whom it belongs to."""
