"""Hear which sessions have ended, whichever process ended them, and close what hangs on them here.

The database tells it at the commit that ends a session (a trigger on `sessions`, NOTIFY). A notification is lost on
those who do not listen at that moment. So after each connect, and every CHECK_EVERY_S, the sessions that have something
live in this process are looked up: then the ones that idled away or outlived their lifetime are found as well, and so
is a connection that died without a word.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol

import structlog

from auth.principals import SessionId
from auth.sessions.sessions import IDLE

CHECK_EVERY_S = 15.0

# After a lost connection: soon at first, then at most this far apart.
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0

# How long a starting process waits for the first connection; it listens as soon as it can, either way.
START_WITHIN_S = 5.0

_log = structlog.get_logger()


class FeedLost(Exception):
    """The connection that tells of ended sessions is gone, or cannot be made."""


class Line(Protocol):
    """An open connection that hears of ended sessions."""

    async def ended_among(
        self, session_ids: Collection[SessionId], *, now: datetime, idle_since: datetime
    ) -> list[SessionId]:
        """Those that are over. Raises FeedLost."""

    async def wait_lost(self, *, timeout_s: float) -> None:
        """Wait for so long. Raises FeedLost at once when the connection is lost meanwhile."""


class Feed(Protocol):
    """Where it is told that sessions have ended."""

    def listening(self, heard: Callable[[SessionId], None]) -> AbstractAsyncContextManager[Line]:
        """Call `heard` for each session that ends. Raises FeedLost."""


class Endings:
    """`live` returns the sessions that have something live in this process, `close` ends that; it must not raise."""

    def __init__(
        self,
        feed: Feed,
        *,
        live: Callable[[], Collection[SessionId]],
        close: Callable[[SessionId], None],
        now: Callable[[], datetime],
    ) -> None:
        self._feed = feed
        self._live = live
        self._close = close
        self._now = now
        self._listening = asyncio.Event()

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """Listen while the block runs."""
        listening = asyncio.create_task(self._listen(), name="session endings")
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(START_WITHIN_S):
                    await self._listening.wait()
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _listen(self) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            try:
                async with self._feed.listening(self._close) as line:
                    retry_s = FIRST_RETRY_S
                    await self._keep_checking(line)
            except FeedLost as error:
                _log.warning("session_endings_lost", reason=str(error), retry_in_s=retry_s)
            except Exception:  # noqa: BLE001 - a fault of ours; who stopped listening would miss every later ending
                _log.exception("session_endings_failed")
            # Not all processes at once, when it is the database that comes back.
            await asyncio.sleep(retry_s * random.uniform(0.5, 1))  # noqa: S311 - no secret
            retry_s = min(retry_s * 2, LAST_RETRY_S)

    async def _keep_checking(self, line: Line) -> None:
        while True:
            now = self._now()
            live = self._live()
            for session_id in await line.ended_among(live, now=now, idle_since=now - IDLE) if live else ():
                self._close(session_id)
            self._listening.set()
            await line.wait_lost(timeout_s=CHECK_EVERY_S)
