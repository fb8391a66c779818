"""The buckets of `auth.throttle.throttle` in PostgreSQL, one row each, so that limits hold across processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg


class Layer(StrEnum):
    """What a bucket counts; see `auth.throttle.throttle`."""

    ADDRESS = "address"
    ACCOUNT = "account"
    PLACE = "place"
    CROWD = "crowd"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One row: each taking costs `cost` of time, and at most `room` may be taken ahead of it."""

    layer: Layer
    key: bytes
    cost: timedelta
    room: timedelta


class ThrottleQueries:
    """The table throttle."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def take(self, buckets: Sequence[Bucket], *, surcharge: int, now: datetime) -> timedelta | None:
        """Take once from each bucket, or from none and return how long to wait.

        A crowd's bucket never refuses: while it is empty, the place pays `surcharge` times its cost. A trusted place
        takes neither from the crowd's bucket nor from everyone's.

        One statement. What it reads first may have changed when it writes, so each row is judged once more where it is
        locked: no bucket is ever overdrawn, but of several requests that cross, a refused one may have paid in part.
        """
        # GCRA, the leaky bucket as a clock: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
        # Rows are locked in the order of their keys, so that two requests never wait for each other.
        # LIMIT keeps the planner from joining with the whole table.
        [row] = await self._pool.fetch(
            """
            WITH asked AS MATERIALIZED (
                SELECT layer, key, cost, room, greatest(due_at, $5) + cost AS next_at,
                    coalesce(trusted_until > $5, false) AS trusted
                FROM unnest($1::text[], $2::bytea[], $3::interval[], $4::interval[]) AS bucket (layer, key, cost, room)
                LEFT JOIN LATERAL (
                    SELECT due_at, trusted_until FROM throttle WHERE throttle.key = bucket.key LIMIT 1
                ) AS held ON true
            ), situation AS (
                SELECT bool_or(trusted) AS trusted,
                    bool_or(layer = 'crowd' AND next_at > $5 + room) AND NOT bool_or(trusted) AS crowded
                FROM asked
            ), priced AS MATERIALIZED (
                SELECT layer, key, room, CASE WHEN layer = 'place' AND crowded THEN cost * $6 ELSE cost END AS cost,
                    CASE WHEN layer = 'place' AND crowded THEN next_at + cost * ($6 - 1) ELSE next_at END AS next_at
                FROM asked, situation
                WHERE NOT (situation.trusted AND layer IN ('crowd', 'everyone'))
            ), verdict AS MATERIALIZED (
                SELECT max(next_at - room - $5) FILTER (WHERE layer <> 'crowd') AS wait FROM priced
            ), taken AS (
                INSERT INTO throttle AS held (key, due_at)
                SELECT key, next_at FROM priced, verdict
                WHERE wait <= interval '0'
                ORDER BY key
                ON CONFLICT (key) DO UPDATE
                SET due_at = greatest(held.due_at, $5) + (SELECT cost FROM priced WHERE priced.key = held.key)
                WHERE (
                    SELECT greatest(held.due_at, $5) + cost <= $5 + room FROM priced WHERE priced.key = held.key
                )
                RETURNING key
            )
            SELECT wait, (
                SELECT max(cost) FROM priced WHERE layer <> 'crowd' AND key NOT IN (SELECT key FROM taken)
            ) AS missed
            FROM verdict
            """,
            [bucket.layer.value for bucket in buckets],
            [bucket.key for bucket in buckets],
            [bucket.cost for bucket in buckets],
            [bucket.room for bucket in buckets],
            now,
            surcharge,
        )
        wait: timedelta = row["wait"]
        missed: timedelta | None = row["missed"]
        return wait if wait > timedelta() else missed

    async def give_back(self, bucket: Bucket) -> None:
        """Undo one taking."""
        await self._pool.execute(
            "UPDATE throttle SET due_at = due_at - $2::interval WHERE key = $1", bucket.key, bucket.cost
        )

    async def fill(self, bucket: Bucket, *, now: datetime) -> None:
        """Undo every taking."""
        await self._pool.execute("UPDATE throttle SET due_at = $2 WHERE key = $1", bucket.key, now)

    async def trust(self, place: Bucket, *, now: datetime, until: datetime) -> None:
        """Undo every taking, and trust this place until then."""
        await self._pool.execute(
            "UPDATE throttle SET due_at = $2, trusted_until = $3 WHERE key = $1", place.key, now, until
        )
