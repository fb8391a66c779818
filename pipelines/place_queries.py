"""The places of all processes, in PostgreSQL."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from auth.principals import StoreId
from pipelines.places import Usage


class PlaceQueries:
    """The table voice_places; its `principal_id` is a caller of any kind, also a guest."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def usage(self, caller_id: UUID, store_id: StoreId, *, now: datetime, day_began: datetime) -> Usage:
        """Count what holds now, and the store's seconds of conversation since `day_began`."""
        async with self._pool.acquire() as connection:
            return await _usage(connection, caller_id, store_id, now=now, day_began=day_began)

    @asynccontextmanager
    async def taking(  # noqa: PLR0913 - each has its name
        self,
        place_id: UUID,
        caller_id: UUID,
        store_id: StoreId,
        *,
        now: datetime,
        until: datetime,
        day_began: datetime,
    ) -> AsyncIterator[Usage]:
        """Add a place after the block, which sees what holds before it; not if it raises.

        Two takings for one caller or one store stand in line, so that both see the truth.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # In one order, whoever asks: nobody waits for somebody who waits for them.
            for owner in sorted((str(caller_id), str(store_id))):
                await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('voice ' || $1, 0))", owner)
            yield await _usage(connection, caller_id, store_id, now=now, day_began=day_began)
            await connection.execute(
                """
                INSERT INTO voice_places (id, principal_id, store_id, started_at, held_until)
                VALUES ($1, $2, $3, $4, $5)
                """,
                place_id,
                caller_id,
                store_id,
                now,
                until,
            )

    async def hold(self, place_ids: Collection[UUID], *, now: datetime, until: datetime) -> None:
        """Hold places for longer, and drop those that nobody has held for as long again."""
        await self._pool.execute(
            """
            WITH over AS (DELETE FROM voice_places WHERE held_until < $2::timestamptz - ($3::timestamptz - $2))
            UPDATE voice_places SET held_until = $3::timestamptz WHERE id = ANY($1)
            """,
            list(place_ids),
            now,
            until,
        )

    async def give_up(self, place_id: UUID) -> None:
        """Delete a place."""
        await self._pool.execute("DELETE FROM voice_places WHERE id = $1", place_id)


async def _usage(
    connection: PoolConnectionProxy, caller_id: UUID, store_id: StoreId, *, now: datetime, day_began: datetime
) -> Usage:
    (row,) = await connection.fetch(
        """
        SELECT
            count(*) FILTER (WHERE principal_id = $1) AS of_caller,
            count(*) FILTER (WHERE store_id = $2) AS of_store,
            coalesce(sum($3::timestamptz - greatest(started_at, $4)) FILTER (WHERE store_id = $2), interval '0') + (
                SELECT coalesce(sum(ended_at - greatest(started_at, $4)), interval '0')
                FROM conversations
                WHERE store_id = $2 AND started_at >= $4 - interval '1 day' AND ended_at > $4
            ) AS store_spent
        FROM voice_places
        WHERE (principal_id = $1 OR store_id = $2) AND held_until > $3
        """,
        caller_id,
        store_id,
        now,
        day_began,
    )
    return Usage(of_caller=row["of_caller"], of_store=row["of_store"], store_spent=row["store_spent"])
