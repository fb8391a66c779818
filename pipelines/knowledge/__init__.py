"""Looking after what a store knows: entries written, imported and tried, and what is still missing."""
