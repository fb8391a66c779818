"""Sessions: started, refreshed, shown and ended."""
