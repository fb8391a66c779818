"""Telling a store's own systems what happens: signed webhooks with a log of their deliveries."""
