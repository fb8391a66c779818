"""Calls over Twilio: signed webhooks, TwiML, and audio as Media Streams."""
