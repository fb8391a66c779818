"""Our own steps in a pipeline."""
