"""Whether this process may be sent requests, as its database answers and it stays, and calls, as it has a place."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from pipelines.registry import Registry

# Anybody may ask, so the database is asked at most once a second, whoever and however often.
FRESH_S = 1.0
PATIENCE_S = 2.0


class Readiness:
    """Models are loaded before anything is served, so what is left to ask is the database and the registry.

    `ping` raises what a query raises when the database is away.
    """

    def __init__(
        self,
        registry: Registry,
        ping: Callable[[], Awaitable[object]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._ping = ping
        self._monotonic = monotonic
        self._answered_at_s = float("-inf")
        self._asking = asyncio.Lock()

    async def check_calls(self) -> None:
        """Raise CapacityReached, or as `check` does."""
        self._registry.check()
        await self.check()

    async def check(self) -> None:
        """Raise ShuttingDown, or what the database raises (see `database.AWAY`)."""
        self._registry.check_stays()
        async with asyncio.timeout(PATIENCE_S), self._asking:
            if self._monotonic() - self._answered_at_s >= FRESH_S:
                await self._ping()
                self._answered_at_s = self._monotonic()
