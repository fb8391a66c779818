"""One at a time for each session: so a flood of refreshes of one session holds one database connection, not all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from weakref import WeakValueDictionary

from auth.errors import SessionBusy
from auth.principals import SessionId

# Tabs and retries that cross are a handful; a rotation takes milliseconds.
MAX_WAITING = 64
WAIT_S = 5.0
RETRY_AFTER = timedelta(seconds=1)


@dataclass(slots=True, weakref_slot=True)
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    inside: int = 0


class Turns:
    """Within this process; between processes the session's row lock decides."""

    def __init__(self) -> None:
        # A queue is there as long as somebody is in it.
        self._queues: WeakValueDictionary[SessionId, _Queue] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, session_id: SessionId) -> AsyncIterator[None]:
        """Wait for one's turn, at most WAIT_S. Raises SessionBusy, at once when MAX_WAITING wait already."""
        queue = self._queues.setdefault(session_id, _Queue())
        if queue.inside > MAX_WAITING:
            raise SessionBusy(RETRY_AFTER)
        queue.inside += 1
        try:
            try:
                async with asyncio.timeout(WAIT_S):
                    await queue.lock.acquire()
            except TimeoutError:
                raise SessionBusy(RETRY_AFTER) from None
            try:
                yield
            finally:
                queue.lock.release()
        finally:
            queue.inside -= 1
