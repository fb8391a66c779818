"""A telephone in the browser: what it registers with."""

from typing import Protocol

from auth.principals import StoreId


class Softphones(Protocol):
    """Makes tokens for browsers."""

    @property
    def ttl_s(self) -> int:
        """How long a token lasts."""

    def token(self, store_id: StoreId) -> tuple[str, str]:
        """Return a token for a store, and the name that it registers as."""
