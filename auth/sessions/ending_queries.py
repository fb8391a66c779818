"""Which sessions have ended, by their rows."""

from collections.abc import Collection
from datetime import datetime

import asyncpg

from auth.notices.listening import FeedLost
from auth.notices.queries import LOST
from auth.principals import SessionId


class EndingQueries:
    """The table sessions, for both kinds of principal."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def ended_among(
        self, session_ids: Collection[SessionId], *, now: datetime, idle_since: datetime
    ) -> list[SessionId]:
        """Those that are over, or were deleted. Raises FeedLost."""
        try:
            rows = await self._pool.fetch(
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
        except LOST as error:
            raise FeedLost(type(error).__name__) from error
        return [SessionId(row["id"]) for row in rows]
