"""Ended sessions, as PostgreSQL tells them: LISTEN on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.principals import SessionId
from auth.sessions.endings import FeedLost

# The trigger's, in sql/migrations/0005.
CHANNEL = "session_ended"

# As pg_stat_activity shows the connection.
APPLICATION = "storeline session endings"

TIMEOUT_S = 5.0
CLOSE_WITHIN_S = 1.0

_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class EndingLine:
    """One listening connection."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: self._lost.set())

    async def ended_among(
        self, session_ids: Collection[SessionId], *, now: datetime, idle_since: datetime
    ) -> list[SessionId]:
        """Those that are over, or were deleted. Raises FeedLost."""
        try:
            rows = await self._connection.fetch(
                """
                SELECT given.id FROM unnest($1::uuid[]) AS given (id)
                WHERE NOT EXISTS (
                    SELECT 1 FROM sessions
                    WHERE id = given.id AND revoked_at IS NULL AND expires_at > $2 AND last_used_at > $3
                )
                """,
                list(session_ids),
                now,
                idle_since,
            )
        except _LOST as error:
            raise FeedLost(type(error).__name__) from error
        return [SessionId(row["id"]) for row in rows]

    async def wait_lost(self, *, timeout_s: float) -> None:
        """Wait for so long. Raises FeedLost at once when the connection is lost meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()
                raise FeedLost("closed")


class EndingFeed:
    """The database behind `url`: reached directly, since a pooler that shares connections hands on no notifications."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def listening(self, heard: Callable[[SessionId], None]) -> AsyncIterator[EndingLine]:
        """Call `heard` for each session that ends. Raises FeedLost."""

        def told(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            # Anybody who may connect may notify.
            with suppress(ValueError):
                heard(SessionId(UUID(str(payload))))

        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=TIMEOUT_S,
                command_timeout=TIMEOUT_S,
                server_settings={"application_name": APPLICATION},
            )
        except _LOST as error:
            raise FeedLost(type(error).__name__) from error
        try:
            line = EndingLine(connection)
            await connection.add_listener(CHANNEL, told)
            yield line
        except _LOST as error:
            raise FeedLost(type(error).__name__) from error
        finally:
            await _close(connection)


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_WITHIN_S)
    except _LOST:
        connection.terminate()
