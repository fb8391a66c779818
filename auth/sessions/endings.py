"""Hear which sessions have ended, whichever process ended them, and close what hangs on them here.

The database tells it at the commit that ends a session (a trigger on `sessions`, NOTIFY). Now and then the sessions
that have something live in this process are looked up as well: what was missed is found then, and the ones that idled
away or outlived their lifetime.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from uuid import UUID

from auth.notices.listening import Notices
from auth.principals import SessionId
from auth.sessions.sessions import IDLE

# The trigger's, in sql/migrations/0005.
CHANNEL = "session_ended"


class Lookup(Protocol):
    """Where sessions are looked up."""

    async def ended_among(
        self, session_ids: Collection[SessionId], *, now: datetime, idle_since: datetime
    ) -> list[SessionId]:
        """Those that are over. Raises FeedLost."""


class LiveThings(Protocol):
    """Something of this process that ends with a sign-in."""

    def auth_sessions(self) -> Collection[SessionId]:
        """The sign-ins that have something live here."""

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """End what hangs on this one; it neither waits nor raises."""


class Endings:
    """Ends each of `things` with its sign-in."""

    def __init__(self, lookup: Lookup, *things: LiveThings, now: Callable[[], datetime]) -> None:
        self._lookup = lookup
        self._things = things
        self._now = now

    def follow(self, notices: Notices) -> None:
        """Hear of endings from now on."""
        notices.always(CHANNEL, self._told, catch_up=self._check)

    def _told(self, payload: str) -> None:
        # Anybody who may connect may notify.
        with suppress(ValueError):
            self._close(SessionId(UUID(payload)))

    async def _check(self) -> None:
        now = self._now()
        live = {session_id for thing in self._things for session_id in thing.auth_sessions()}
        for session_id in await self._lookup.ended_among(live, now=now, idle_since=now - IDLE) if live else ():
            self._close(session_id)

    def _close(self, session_id: SessionId) -> None:
        for thing in self._things:
            thing.close_auth_session(session_id)
