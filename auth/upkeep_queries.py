"""Deleting what is over in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

# Any number that nothing else in the database locks.
UPKEEP_LOCK = 1_937_006_963


class UpkeepQueries:
    """The tables `sessions`, with the refresh tokens that hang on them, `audit_log` and `throttle`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        """Tell, for the block, whether no other process is deleting."""
        # The lock goes with the connection: the pool gives it back unlocked, and a process that dies lets go of it.
        async with self._pool.acquire() as connection:
            yield bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", UPKEEP_LOCK))

    async def delete_sessions(self, *, unused_since: datetime, at_most: int) -> int:
        """Delete sessions that nobody has used since then.

        It reads the whole table: an index on a column that every refresh changes would cost more than that.
        """
        status = await self._pool.execute(
            """
            DELETE FROM sessions WHERE id IN (
                SELECT id FROM sessions WHERE last_used_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
            )
            """,
            unused_since,
            at_most,
        )
        return _count(status)

    async def delete_limits(self, *, now: datetime, at_most: int) -> int:
        """Delete the rows of `throttle` that say no more than absent ones."""
        status = await self._pool.execute(
            """
            DELETE FROM throttle WHERE key IN (
                SELECT key FROM throttle
                WHERE due_at <= $1 AND (trusted_until IS NULL OR trusted_until <= $1)
                LIMIT $2 FOR UPDATE SKIP LOCKED
            )
            """,
            now,
            at_most,
        )
        return _count(status)

    async def delete_audit(self, *, before: datetime, at_most: int) -> int:
        """Delete notes from before then, the oldest first."""
        status = await self._pool.execute(
            "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 ORDER BY at LIMIT $2)",
            before,
            at_most,
        )
        return _count(status)


def _count(status: str) -> int:
    """Read "DELETE 50"."""
    return int(status.rpartition(" ")[2])
