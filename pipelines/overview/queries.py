"""The figures of a store's line, from PostgreSQL. 50,000 conversations with 500,000 turns: see CONTRIBUTING."""

from datetime import date, datetime

import asyncpg

from auth.principals import StoreId
from pipelines.overview.records import Asked, Day, Now, Replies

# The newest of a store that are looked into word by word: enough for a p95, and soon read.
CONVERSATIONS_LOOKED_AT = 1_000
TOPICS = 8


class OverviewQueries:
    """One query for each kind of figure."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def time_zone(self, store_id: StoreId) -> str | None:
        """That of the store's default assistant, as its draft has it; None for a store without assistants."""
        zone: str | None = await self._pool.fetchval(
            """
            SELECT draft ->> 'time_zone' FROM assistants
            WHERE store_id = $1 AND deleted_at IS NULL
            ORDER BY is_default DESC, created_at
            LIMIT 1
            """,
            store_id,
        )
        return zone

    async def days(self, store_id: StoreId, *, since: datetime, time_zone: str) -> dict[date, Day]:
        """Calls and minutes by day; days without calls are missing."""
        rows = await self._pool.fetch(
            """
            SELECT (started_at AT TIME ZONE $3)::date AS day,
                   count(*) AS calls,
                   coalesce(sum(extract(epoch FROM ended_at - started_at)), 0)::float8 / 60 AS minutes
            FROM conversations
            WHERE store_id = $1 AND started_at >= $2
            GROUP BY 1
            """,
            store_id,
            since,
            time_zone,
        )
        return {row["day"]: Day(**row) for row in rows}

    async def replies(self, store_id: StoreId, *, since: datetime) -> Replies:
        """What the newest conversations' answers were; thanks, goodbyes and steps of a tool are no questions."""
        row = await self._pool.fetchrow(
            """
            WITH answer AS MATERIALIZED (
                SELECT turn.basis, turn.on_wire_ms, turn.sources
                FROM (
                    SELECT id FROM conversations WHERE store_id = $1 AND started_at >= $2
                    ORDER BY started_at DESC, id DESC
                    LIMIT $3
                ) AS conversation
                -- OFFSET keeps the planner from reading every turn there is.
                CROSS JOIN LATERAL (
                    SELECT basis, on_wire_ms, sources FROM turns
                    WHERE conversation_id = conversation.id AND speaker = 'assistant'
                    OFFSET 0
                ) AS turn
            ), topic AS (
                SELECT coalesce(sources -> 0 ->> 'title', 'Opening hours') AS topic, count(*) AS times
                FROM answer
                WHERE basis = 'hours' OR sources <> '[]'
                GROUP BY 1
                ORDER BY times DESC, topic
                LIMIT $4
            )
            SELECT
                count(*) FILTER (WHERE basis NOT IN ('small_talk', 'tool')) AS questions,
                count(*) FILTER (WHERE basis IN ('hours', 'price', 'entry', 'facts')) AS answered,
                round(percentile_cont(0.5) WITHIN GROUP (ORDER BY on_wire_ms))::integer AS latency_median_ms,
                round(percentile_cont(0.95) WITHIN GROUP (ORDER BY on_wire_ms))::integer AS latency_p95_ms,
                (SELECT coalesce(array_agg((topic, times) ORDER BY times DESC, topic), '{}') FROM topic) AS asked_most
            FROM answer
            """,
            store_id,
            since,
            CONVERSATIONS_LOOKED_AT,
            TOPICS,
        )
        # An aggregate over no rows is a row.
        figures = dict(row or {})
        topics = figures.pop("asked_most")
        return Replies(**figures, asked_most=tuple(Asked(*topic) for topic in topics))

    async def now(self, store_id: StoreId, *, now: datetime) -> Now:
        """What holds at `now`."""
        row = await self._pool.fetchrow(
            """
            SELECT (SELECT count(*) FROM voice_places WHERE store_id = $1 AND held_until > $2) AS live_calls,
                   (SELECT count(*) FROM messages WHERE store_id = $1 AND done_at IS NULL) AS messages_waiting
            """,
            store_id,
            now,
        )
        return Now(**dict(row or {}))
