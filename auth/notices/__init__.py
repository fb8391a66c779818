"""What the processes tell each other, through PostgreSQL."""
