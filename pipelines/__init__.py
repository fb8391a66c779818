"""Voice: one pipeline per connection."""
