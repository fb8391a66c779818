"""The live sessions of this process: how many there may be, and ending them from outside."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NewType
from uuid import UUID, uuid4

from auth.principals import SessionId
from pipelines.limits import EndReason

VoiceSessionId = NewType("VoiceSessionId", UUID)

# Conversations last minutes; a caller who is turned away may as well try soon.
RETRY_AFTER = timedelta(seconds=10)


@dataclass
class CapacityReached(Exception):
    """Every place is taken."""

    retry_after: timedelta


@dataclass
class ShuttingDown(Exception):
    """This process takes no new sessions; another one may."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True, eq=False)
class LiveSession:
    """A taken place, and the line on which its session hears that it must end."""

    auth_session_id: SessionId
    id: VoiceSessionId = field(default_factory=lambda: VoiceSessionId(uuid4()))
    _ending: asyncio.Future[EndReason] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self, reason: EndReason) -> None:
        """Ask the session to end. The first reason counts."""
        if not self._ending.done():
            self._ending.set_result(reason)

    async def ended(self) -> EndReason:
        """Wait until somebody asked, and return why."""
        return await asyncio.shield(self._ending)


class Registry:
    """Places for `capacity` sessions at once."""

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._live: dict[VoiceSessionId, LiveSession] = {}
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._live)

    def check(self) -> None:
        """Raise CapacityReached or ShuttingDown when there is no place."""
        if self._draining:
            raise ShuttingDown(RETRY_AFTER)
        if len(self._live) >= self._capacity:
            raise CapacityReached(RETRY_AFTER)

    @contextmanager
    def place(self, auth_session_id: SessionId) -> Iterator[LiveSession]:
        """Hold a place. Raises like `check`."""
        self.check()
        live = LiveSession(auth_session_id)
        self._live[live.id] = live
        self._empty.clear()
        try:
            yield live
        finally:
            del self._live[live.id]
            if not self._live:
                self._empty.set()

    def auth_sessions(self) -> set[SessionId]:
        """Return the sign-ins that have something live here."""
        return {live.auth_session_id for live in self._live.values()}

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """End every session that was opened with this sign-in. It does not wait for them."""
        for live in self._live.values():
            if live.auth_session_id == auth_session_id:
                live.end(EndReason.REVOKED)

    async def drain(self, *, timeout_s: float) -> bool:
        """Take no more, let every session say its sentence and end; return whether all did within `timeout_s`."""
        self._draining = True
        for live in self._live.values():
            live.end(EndReason.SHUTTING_DOWN)
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
