"""Rooms at Daily in PostgreSQL: whose they are, so that a process that was killed leaves none behind."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

MAX_SWEPT = 100
# A room belongs to a conversation, and a conversation is there while its place is held.
_HELD = "EXISTS (SELECT 1 FROM voice_places WHERE voice_places.id = place_id AND held_until > $1)"


class RoomQueries:
    """The table daily_rooms."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def claim(self, name: str, place_id: UUID, *, made: bool, now: datetime) -> bool:
        """Note whose a room is; False while another conversation has it. `made`: it is to be deleted afterwards."""
        status = await self._pool.execute(
            """
            INSERT INTO daily_rooms (name, place_id, made, claimed_at) VALUES ($2, $3, $4, $1)
            ON CONFLICT (name) DO UPDATE SET place_id = excluded.place_id, claimed_at = excluded.claimed_at
            WHERE NOT EXISTS (SELECT 1 FROM voice_places WHERE id = daily_rooms.place_id AND held_until > $1)
            """,
            now,
            name,
            place_id,
            made,
        )
        return bool(status == "INSERT 0 1")

    async def give_up(self, name: str, place_id: UUID) -> None:
        """Forget a room, unless it is somebody else's by now."""
        await self._pool.execute("DELETE FROM daily_rooms WHERE name = $1 AND place_id = $2", name, place_id)

    async def left_behind(self, *, now: datetime) -> Sequence[tuple[str, UUID]]:
        """The rooms that were made for conversations that are over, each with its place."""
        rows = await self._pool.fetch(
            f"SELECT name, place_id FROM daily_rooms WHERE made AND NOT {_HELD} ORDER BY claimed_at LIMIT $2",  # noqa: S608 - constant
            now,
            MAX_SWEPT,
        )
        return [(row["name"], row["place_id"]) for row in rows]
