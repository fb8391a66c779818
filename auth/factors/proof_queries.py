"""Fresh proofs in PostgreSQL."""

from datetime import datetime

import asyncpg

from auth.principals import SessionId


class ProofQueries:
    """The table `fresh_proofs`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def note(self, session_id: SessionId, *, now: datetime) -> None:
        """Insert or update the session's proof."""
        await self._pool.execute(
            """
            INSERT INTO fresh_proofs (session_id, proved_at) VALUES ($1, $2)
            ON CONFLICT (session_id) DO UPDATE SET proved_at = excluded.proved_at
            """,
            session_id,
            now,
        )

    async def proved_at(self, session_id: SessionId) -> datetime | None:
        """Find the session's proof."""
        proved_at: datetime | None = await self._pool.fetchval(
            "SELECT proved_at FROM fresh_proofs WHERE session_id = $1", session_id
        )
        return proved_at
