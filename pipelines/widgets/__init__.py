"""The website widget: a button on a store's own pages with which anybody talks to its assistant, without an account."""
