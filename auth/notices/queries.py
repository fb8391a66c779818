"""LISTEN and NOTIFY, as PostgreSQL documents them: https://www.postgresql.org/docs/current/sql-notify.html ."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg

from auth.notices.listening import FeedLost

# As pg_stat_activity shows the connection that listens.
APPLICATION = "storeline notices"

TIMEOUT_S = 5.0
CLOSE_WITHIN_S = 1.0

# PostgreSQL takes less than 8,000.
MAX_PAYLOAD_BYTES = 7_999

LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class NoticeLine:
    """One listening connection; what it is asked waits in line, for a connection does one thing at a time."""

    def __init__(self, connection: asyncpg.Connection, told: Callable[[str, str], None]) -> None:
        self._connection = connection
        self._told = told
        self._asking = asyncio.Lock()
        self._lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: self._lost.set())

    async def listen(self, channel: str) -> None:
        """Hear a channel from now on. Raises FeedLost."""
        async with self._asked():
            await self._connection.add_listener(channel, self._hear)

    async def unlisten(self, channel: str) -> None:
        """Hear it no more. Raises FeedLost."""
        async with self._asked():
            await self._connection.remove_listener(channel, self._hear)

    async def check(self) -> None:
        """Find out whether the connection still answers. Raises FeedLost."""
        async with self._asked():
            await self._connection.execute("SELECT 1")

    async def wait_lost(self, *, timeout_s: float) -> None:
        """Wait for so long. Raises FeedLost at once when the connection is lost meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()
                raise FeedLost("closed")

    def _hear(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        self._told(channel, str(payload))

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[None]:
        try:
            async with self._asking:
                yield
        except LOST as error:
            raise FeedLost(type(error).__name__) from error


class NoticeFeed:
    """The database behind `url`: reached directly, since a pooler that shares connections hands on no notifications."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def listening(self, told: Callable[[str, str], None]) -> AsyncIterator[NoticeLine]:
        """Call `told` with channel and payload of each notice. Raises FeedLost."""
        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=TIMEOUT_S,
                command_timeout=TIMEOUT_S,
                server_settings={"application_name": APPLICATION},
            )
        except LOST as error:
            raise FeedLost(type(error).__name__) from error
        try:
            yield NoticeLine(connection, told)
        finally:
            await _close(connection)


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_WITHIN_S)
    except LOST:
        connection.terminate()


class NoticeQueries:
    """Tells the other processes, and this one; and whether there are others."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def others(self) -> bool:
        """Whether another process listens; False while nobody can tell."""
        try:
            listening: int = await self._pool.fetchval(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = $1
                """,
                APPLICATION,
            )
        except LOST:
            return False
        return listening > 1

    async def send(self, channel: str, payload: str) -> None:
        """Tell whoever listens to a channel; up to MAX_PAYLOAD_BYTES. Raises FeedLost.

        Nothing is written to disk for it: a notice that a crash of the database loses has lost its listeners, too.
        """
        try:
            await self._pool.execute(
                "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", channel, payload
            )
        except LOST as error:
            raise FeedLost(type(error).__name__) from error
