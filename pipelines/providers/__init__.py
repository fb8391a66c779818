"""Speech to text, language model and text to speech, by name."""
