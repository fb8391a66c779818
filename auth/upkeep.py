"""Delete what is over: sessions with their refresh tokens, old rows of the audit log, and limits that limit nothing.

Every process does this now and then, but only one at a time, in small batches that hold up nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from auth.background import beside
from auth.sessions.sessions import IDLE

FIRST_AFTER = timedelta(minutes=1)
EVERY = timedelta(minutes=15)

# A session that nobody has used for IDLE is over, however it ended; a while longer its tokens are still told apart
# from guesses.
SESSIONS_AFTER = IDLE + timedelta(days=1)

# The table refuses to delete what is younger than 180 days by its own clock; a day is for clocks that differ.
AUDIT_AFTER = timedelta(days=181)

# With a session go its refresh tokens, a few thousand at most.
BATCH = 50
MAX_BATCHES = 1000

_log = structlog.get_logger()


class Rubbish(Protocol):
    """What can be deleted. Each deletion returns how many rows went."""

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """Tell, for the block, whether no other process is deleting."""

    async def delete_sessions(self, *, unused_since: datetime, at_most: int) -> int:
        """Delete sessions that nobody has used since then."""

    async def delete_limits(self, *, now: datetime, at_most: int) -> int:
        """Delete counts of requests that say no more than absent ones."""

    async def delete_audit(self, *, before: datetime, at_most: int) -> int:
        """Delete notes from before then."""


class Upkeep:
    """Deletes in the background, for as long as `kept` is open."""

    def __init__(self, rubbish: Rubbish, *, now: Callable[[], datetime]) -> None:
        self._rubbish = rubbish
        self._now = now

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Delete now and then while the block runs."""
        async with beside(self._keep(), name="upkeep"):
            yield

    async def once(self) -> None:
        """Delete what can be deleted now, unless another process is at it."""
        now = self._now()
        async with self._rubbish.alone() as alone:
            if not alone:
                return
            sessions = await _in_batches(
                lambda: self._rubbish.delete_sessions(unused_since=now - SESSIONS_AFTER, at_most=BATCH)
            )
            notes = await _in_batches(lambda: self._rubbish.delete_audit(before=now - AUDIT_AFTER, at_most=BATCH))
            limits = await _in_batches(lambda: self._rubbish.delete_limits(now=now, at_most=BATCH))
        if sessions or notes or limits:
            _log.info("old_rows_deleted", sessions=sessions, audit_notes=notes, limits=limits)

    async def _keep(self) -> None:
        await asyncio.sleep(FIRST_AFTER.total_seconds())
        while True:
            try:
                await self.once()
            except Exception:  # noqa: BLE001 - PostgreSQL may be away for a while; the next round will do
                _log.exception("old_rows_not_deleted")
            await asyncio.sleep(EVERY.total_seconds())


async def _in_batches(delete: Callable[[], Awaitable[int]]) -> int:
    """Delete until there is no full batch left, or it is enough for this time; return how many went."""
    deleted = 0
    for _ in range(MAX_BATCHES):
        batch = await delete()
        deleted += batch
        if batch < BATCH:
            break
    return deleted
