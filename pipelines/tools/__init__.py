"""What an assistant can do besides talking, and who may have it do that."""
