"""Hear what other processes tell: one connection for all channels, made again whenever it is lost.

A notice is lost on those who do not listen at that moment. So whoever must miss nothing gives a `catch_up`, which is
called after each connect and every CHECK_EVERY_S: then a connection that died without a word is found as well.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

import structlog

from auth.background import beside

CHECK_EVERY_S = 15.0

# After a lost connection: soon at first, then at most this far apart.
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0

# How long a starting process waits for the first connection; it listens as soon as it can, either way.
START_WITHIN_S = 5.0

Heard = Callable[[str], None]
CatchUp = Callable[[], Awaitable[None]]

_log = structlog.get_logger()


class FeedLost(Exception):
    """The connection to PostgreSQL is gone, or cannot be made."""


class Line(Protocol):
    """An open connection that hears; every method raises FeedLost."""

    async def listen(self, channel: str) -> None:
        """Hear a channel from now on."""

    async def unlisten(self, channel: str) -> None:
        """Hear it no more."""

    async def check(self) -> None:
        """Find out whether the connection still answers."""

    async def wait_lost(self, *, timeout_s: float) -> None:
        """Wait for so long."""


class Feed(Protocol):
    """Where notices come from."""

    def listening(self, told: Callable[[str, str], None]) -> AbstractAsyncContextManager[Line]:
        """Call `told` with channel and payload of each notice. Raises FeedLost."""


class Notices:
    """The channels that this process hears. What is called for a notice must neither raise nor wait."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._heard: dict[str, list[Heard]] = {}
        self._catching_up: list[CatchUp] = []
        self._line: Line | None = None
        self._listening = asyncio.Event()

    def always(self, channel: str, heard: Heard, *, catch_up: CatchUp | None = None) -> None:
        """Hear a channel for as long as the process lives; called before `kept`. `catch_up` may raise FeedLost."""
        self._heard.setdefault(channel, []).append(heard)
        if catch_up:
            self._catching_up.append(catch_up)

    @asynccontextmanager
    async def hearing(self, channel: str, heard: Heard) -> AsyncIterator[None]:
        """Hear a channel for the block; also what is told while there is no connection is lost."""
        listeners = self._heard.setdefault(channel, [])
        listeners.append(heard)
        try:
            if len(listeners) == 1:
                await self._ask(lambda line: line.listen(channel))
            yield
        finally:
            listeners.remove(heard)
            if not listeners:
                del self._heard[channel]
                await self._ask(lambda line: line.unlisten(channel))

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Listen while the block runs."""
        async with beside(self._listen(), name="notices"):
            with suppress(TimeoutError):
                async with asyncio.timeout(START_WITHIN_S):
                    await self._listening.wait()
            yield

    async def _listen(self) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            try:
                async with self._feed.listening(self._told) as line:
                    retry_s = FIRST_RETRY_S
                    await self._keep_checking(line)
            except FeedLost as error:
                _log.warning("notices_lost", reason=str(error), retry_in_s=retry_s)
            except Exception:  # noqa: BLE001 - a fault of ours; who stopped listening would miss all that follows
                _log.exception("notices_failed")
            finally:
                self._line = None
            # Not all processes at once, when it is the database that comes back.
            await asyncio.sleep(retry_s * random.uniform(0.5, 1))  # noqa: S311 - no secret
            retry_s = min(retry_s * 2, LAST_RETRY_S)

    async def _keep_checking(self, line: Line) -> None:
        # From here on, whoever begins to hear a channel asks the line itself.
        self._line = line
        for channel in list(self._heard):
            await line.listen(channel)
        while True:
            for catch_up in self._catching_up:
                await catch_up()
            self._listening.set()
            await line.wait_lost(timeout_s=CHECK_EVERY_S)
            await line.check()

    def _told(self, channel: str, payload: str) -> None:
        for heard in tuple(self._heard.get(channel, ())):
            heard(payload)

    async def _ask(self, ask: Callable[[Line], Awaitable[None]]) -> None:
        if self._line:
            # The loop above finds out as well, and listens to all of it again.
            with suppress(FeedLost):
                await ask(self._line)
