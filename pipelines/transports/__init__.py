"""How audio and messages reach a pipeline."""
