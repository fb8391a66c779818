"""Which stores are being watched: told by whoever watches, and true for LEASE_S after each time.

So a call that nobody watches tells nothing, in no process; and nobody has to say that they have left.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from auth.notices.listening import Notices
from auth.principals import StoreId

CHANNEL = "live_watched"
# Told so often, so that a lost notice or two does no harm.
RENEW_EVERY_S = 4.0
LEASE_S = 13.0


class Interest:
    """What this process has heard of it."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until_s: dict[StoreId, float] = {}

    def follow(self, notices: Notices) -> None:
        """Hear of it from now on."""
        notices.always(CHANNEL, self.hear)

    def hear(self, payload: str) -> None:
        """Note that somebody watches the store with this id."""
        now_s = self._monotonic()
        self._until_s = {store_id: until_s for store_id, until_s in self._until_s.items() if until_s > now_s}
        # Anybody who may connect may notify.
        with suppress(ValueError):
            self._until_s[StoreId(UUID(payload))] = now_s + LEASE_S

    def in_store(self, store_id: StoreId) -> bool:
        """Whether anybody watches."""
        return self._until_s.get(store_id, 0.0) > self._monotonic()
