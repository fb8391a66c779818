"""What a store knows, and answering from it: questions read, facts found, hours computed, figures checked."""
