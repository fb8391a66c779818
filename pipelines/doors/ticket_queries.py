"""Tickets in PostgreSQL."""

from datetime import datetime

import asyncpg

from auth.principals import Kind
from pipelines.doors.tickets import Admission


class TicketQueries:
    """The table voice_tickets."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, token_sha256: bytes, admission: Admission, *, now: datetime, expires_at: datetime) -> None:
        """Insert a ticket, and delete those that were over at `now`."""
        await self._pool.execute(
            """
            WITH over AS (DELETE FROM voice_tickets WHERE expires_at <= $6)
            INSERT INTO voice_tickets (token_sha256, kind, principal_id, session_id, store_id, expires_at)
            VALUES ($1, $2, $3, $4, $5, $7)
            """,
            token_sha256,
            admission.kind,
            admission.principal_id,
            admission.session_id,
            admission.store_id,
            now,
            expires_at,
        )

    async def take(self, token_sha256: bytes) -> tuple[Admission, datetime] | None:
        """Delete a ticket and return it: of two that try, one gets it."""
        row = await self._pool.fetchrow(
            """
            DELETE FROM voice_tickets WHERE token_sha256 = $1
            RETURNING kind, principal_id, session_id, store_id, expires_at
            """,
            token_sha256,
        )
        if row is None:
            return None
        admission = Admission(Kind(row["kind"]), row["principal_id"], row["session_id"], row["store_id"])
        return admission, row["expires_at"]
