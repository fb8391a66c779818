"""Those who watch their store through this process: each with a queue of its own, until they leave or must."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import uuid4

import structlog

from auth.notices.listening import FeedLost, Notices
from auth.principals import Principal, SessionId, StoreId
from pipelines.live.interest import CHANNEL
from pipelines.live.telling import Sends, channel_of, events_in

# What a reader may be behind: some ten seconds of a store's busiest hour.
MAX_WAITING_EVENTS = 500
# Pages of one store that are open at one process.
MAX_WATCHERS = 32
RETRY_AFTER = timedelta(seconds=15)

Why = Literal["token_expired", "signed_out", "shutting_down", "too_slow"]

log = structlog.get_logger()


@dataclass
class TooManyWatchers(Exception):
    """As many pages as one store may have open watch it already."""

    retry_after: timedelta


class Watcher:
    """One of them."""

    def __init__(self, principal: Principal) -> None:
        self.id = uuid4()
        self.principal = principal
        self.why: Why | None = None
        self._events: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue(MAX_WAITING_EVENTS)

    def hear(self, payload: str) -> None:
        """Queue what a notice tells; who has read too little of the last ones has to begin anew."""
        for event in events_in(payload):
            if self._events.qsize() >= MAX_WAITING_EVENTS - 1:
                self.end("too_slow")
                break
            self._events.put_nowait(event)

    def end(self, why: Why) -> None:
        """Let it end: the first reason counts."""
        if self.why is None:
            self.why = why
            with suppress(asyncio.QueueFull):
                self._events.put_nowait(None)

    async def next(self, *, timeout_s: float) -> tuple[str, str] | None:
        """Name and JSON of the next event; None at its end, or when nothing happened for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                return await self._events.get() if self.why is None else None
        return None


class Watchers:
    """All of this process."""

    def __init__(self, notices: Notices, sends: Sends) -> None:
        self._notices = notices
        self._sends = sends
        self._watching: set[Watcher] = set()

    @asynccontextmanager
    async def watching(self, principal: Principal) -> AsyncIterator[Watcher]:
        """Watch one's store for the block. Raises TooManyWatchers."""
        store_id = StoreId(principal.id)
        if sum(watcher.principal.id == store_id for watcher in self._watching) >= MAX_WATCHERS:
            raise TooManyWatchers(RETRY_AFTER)
        watcher = Watcher(principal)
        self._watching.add(watcher)
        try:
            async with self._notices.hearing(channel_of(store_id), watcher.hear):
                yield watcher
        finally:
            self._watching.discard(watcher)

    async def renew(self, watcher: Watcher) -> None:
        """Say again that the store is watched; the next time comes, if this one is lost."""
        try:
            await self._sends.send(CHANNEL, str(watcher.principal.id))
        except FeedLost as error:
            log.warning("live_interest_not_told", reason=str(error))

    def auth_sessions(self) -> Collection[SessionId]:
        """The sign-ins of those who watch."""
        return {watcher.principal.session_id for watcher in self._watching}

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """Send away who watches with this sign-in."""
        for watcher in self._watching:
            if watcher.principal.session_id == auth_session_id:
                watcher.end("signed_out")

    def close(self) -> None:
        """Send everybody away."""
        for watcher in self._watching:
            watcher.end("shutting_down")
