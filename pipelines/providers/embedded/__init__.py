"""Models whose weights arrive with the package install."""
