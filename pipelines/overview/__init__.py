"""What a store sees first: how its line does, in figures."""
