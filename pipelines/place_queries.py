"""The places of all processes, in PostgreSQL."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from auth.principals import SessionId, StoreId
from pipelines.place_records import Abandoned, Claim, Holding, Usage


class PlaceQueries:
    """The table voice_places; its `principal_id` is a caller of any kind, also a guest."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def usage(self, caller_id: UUID, store_id: StoreId, *, now: datetime, day_began: datetime) -> Usage:
        """Count what holds now, and the store's seconds of conversation since `day_began`."""
        async with self._pool.acquire() as connection:
            return await _usage(connection, caller_id, store_id, now=now, day_began=day_began)

    @asynccontextmanager
    async def taking(
        self, place: Holding, store_id: StoreId, *, now: datetime, day_began: datetime
    ) -> AsyncIterator[Usage]:
        """Add a place after the block, which sees what holds before it; not if it raises.

        Two takings for one caller or one store stand in line, so that both see the truth.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # In one order, whoever asks: nobody waits for somebody who waits for them.
            for owner in sorted((str(place.caller_id), str(store_id))):
                await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('voice ' || $1, 0))", owner)
            yield await _usage(connection, place.caller_id, store_id, now=now, day_began=day_began)
            await connection.execute(
                """
                INSERT INTO voice_places (
                    id, principal_id, session_id, store_id, started_at, holder, held_until, resumable_until
                )
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                place.id,
                place.caller_id,
                place.session_id,
                store_id,
                now,
                place.holder,
                place.held_until,
                place.resumable_until,
            )

    async def hold(
        self, place_ids: Collection[UUID], holder: UUID, *, held_until: datetime, resumable_until: datetime
    ) -> Collection[UUID]:
        """Hold places for longer; return those that another process has taken meanwhile."""
        rows = await self._pool.fetch(
            """
            WITH held AS (
                UPDATE voice_places SET held_until = $3, resumable_until = $4 WHERE id = ANY($1) AND holder = $2
            )
            SELECT id FROM voice_places WHERE id = ANY($1) AND holder IS DISTINCT FROM $2
            """,
            list(place_ids),
            holder,
            held_until,
            resumable_until,
        )
        return [row["id"] for row in rows]

    async def give_up(self, place_id: UUID, holder: UUID) -> None:
        """Delete a place, unless it is another process's by now."""
        await self._pool.execute("DELETE FROM voice_places WHERE id = $1 AND holder = $2", place_id, holder)

    async def keep_token(self, place_id: UUID, holder: UUID, token_sha256: bytes | None) -> None:
        """Let the caller come back with this token, and with no other."""
        await self._pool.execute(
            "UPDATE voice_places SET resume_sha256 = $3 WHERE id = $1 AND holder = $2", place_id, holder, token_sha256
        )

    async def let_go(self, place_id: UUID, holder: UUID, *, held_until: datetime, resumable_until: datetime) -> bool:
        """Hold a place no more, for whoever shows its token; False if it is not held."""
        status = await self._pool.execute(
            """
            UPDATE voice_places
            SET holder = NULL, held_until = $3, resumable_until = $4
            WHERE id = $1 AND holder = $2
            """,
            place_id,
            holder,
            held_until,
            resumable_until,
        )
        return bool(status == "UPDATE 1")

    async def may_return(self, caller_id: UUID, session_id: SessionId | None, *, now: datetime) -> bool:
        """Whether a caller has a token for something that has not ended, in any process."""
        found: bool = await self._pool.fetchval(
            """
            SELECT EXISTS (
                SELECT FROM voice_places
                WHERE principal_id = $1 AND session_id IS NOT DISTINCT FROM $2
                AND resume_sha256 IS NOT NULL AND resumable_until > $3
            )
            """,
            caller_id,
            session_id,
            now,
        )
        return found

    async def of_token(
        self, token_sha256: bytes, caller_id: UUID, session_id: SessionId | None, *, now: datetime
    ) -> Claim | None:
        """What a caller's token opens."""
        row = await self._pool.fetchrow(
            f"{_CLAIM} AND resume_sha256 = $2 AND principal_id = $3 AND session_id IS NOT DISTINCT FROM $4",
            now,
            token_sha256,
            caller_id,
            session_id,
        )
        return Claim(**row) if row else None

    async def of_place(self, place_id: UUID, *, now: datetime) -> Claim | None:
        """What can be taken up without a token, by those who have another proof."""
        row = await self._pool.fetchrow(f"{_CLAIM} AND id = $2", now, place_id)
        return Claim(**row) if row else None

    async def adopt(self, claim: Claim, holder: UUID, *, held_until: datetime, resumable_until: datetime) -> bool:
        """Hold what another process held, and use up the token; of several that try, one does."""
        status = await self._pool.execute(
            """
            UPDATE voice_places
            SET holder = $3, resume_sha256 = NULL, held_until = $4, resumable_until = $5, taken_over = false
            WHERE id = $1 AND resume_sha256 IS NOT DISTINCT FROM $2 AND holder IS NULL
            """,
            claim.id,
            claim.resume_sha256,
            holder,
            held_until,
            resumable_until,
        )
        return bool(status == "UPDATE 1")

    async def forsake(self, place_id: UUID, holder: UUID, *, now: datetime) -> None:
        """Let nobody take up what this process could not go on with."""
        await self._pool.execute(
            """
            UPDATE voice_places SET holder = NULL, resume_sha256 = NULL, held_until = $3, resumable_until = $3
            WHERE id = $1 AND holder = $2
            """,
            place_id,
            holder,
            now,
        )

    async def abandoned(self, *, now: datetime, held_for: timedelta) -> Sequence[Abandoned]:
        """Drop those to which nobody comes back any more, and return them: each to one process."""
        rows = await self._pool.fetch(
            """
            DELETE FROM voice_places
            WHERE held_until <= $1 AND coalesce(resumable_until, held_until + $2) <= $1
            RETURNING id, held_until - $2 AS held_last_at
            """,
            now,
            held_for,
        )
        return [Abandoned(**row) for row in rows]


_CLAIM = """
    SELECT id, store_id, holder, resume_sha256, holder IS NOT NULL AND held_until > $1 AS held FROM voice_places
    WHERE resumable_until > $1
"""


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
