"""Conversations that go on, as all processes keep them in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from auth.principals import StoreId
from pipelines.conversations.records import ConversationId, Direction
from pipelines.live.records import Running


class LiveQueries:
    """A conversation goes on while its process holds its place: see `pipelines.places`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def running(self, store_id: StoreId, *, now: datetime) -> Sequence[Running]:
        """Those of a store, the longest first."""
        rows = await self._pool.fetch(f"{_RUNNING} ORDER BY conversations.started_at, conversations.id", store_id, now)
        return [_running(row) for row in rows]

    async def find(self, store_id: StoreId, conversation_id: ConversationId, *, now: datetime) -> Running | None:
        """One of a store's; None when it is over, or not the store's."""
        row = await self._pool.fetchrow(f"{_RUNNING} AND conversations.id = $3", store_id, now, conversation_id)
        return _running(row) if row else None

    async def take_over(self, conversation_id: ConversationId, *, taken: bool) -> None:
        """Note that somebody of the store speaks in the assistant's place, or does so no more."""
        await self._pool.execute("UPDATE voice_places SET taken_over = $2 WHERE id = $1", conversation_id, taken)


_RUNNING = """
    SELECT conversations.id, conversations.channel, conversations.started_at, conversations.assistant_id,
           coalesce(assistant_versions.content, assistants.draft) ->> 'name' AS assistant,
           conversations.assistant_version, conversations.user_id, users.name AS caller,
           conversations.caller_number, conversations.direction, voice_places.taken_over
    FROM voice_places
    JOIN conversations USING (id)
    JOIN assistants ON assistants.id = conversations.assistant_id
    LEFT JOIN assistant_versions
        ON assistant_versions.assistant_id = conversations.assistant_id
        AND assistant_versions.number = conversations.assistant_version
    LEFT JOIN users ON users.id = conversations.user_id
    WHERE conversations.store_id = $1 AND conversations.ended_at IS NULL AND voice_places.held_until > $2
"""


def _running(row: asyncpg.Record) -> Running:
    return Running(**{**row, "direction": Direction(row["direction"])})
