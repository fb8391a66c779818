"""Tickets in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import asyncpg

from auth.principals import Kind, Principal
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
            INSERT INTO voice_tickets (
                token_sha256, kind, principal_id, session_id, signed_in_until, store_id, expires_at,
                assistant, draft, conversation_id
            )
            VALUES ($1, $2, $3, $4, $5, $7, $8, $9, $10, $11)
            """,
            token_sha256,
            admission.principal.kind,
            admission.principal.id,
            admission.principal.session_id,
            admission.principal.expires_at,
            now,
            admission.store_id,
            expires_at,
            admission.assistant,
            admission.draft,
            admission.conversation_id,
        )

    async def take(self, token_sha256: bytes) -> tuple[Admission, datetime] | None:
        """Delete a ticket and return it: of two that try, one gets it."""
        row = await self._pool.fetchrow(
            """
            DELETE FROM voice_tickets WHERE token_sha256 = $1
            RETURNING kind, principal_id, session_id, signed_in_until, store_id, expires_at, assistant, draft,
                      conversation_id
            """,
            token_sha256,
        )
        if row is None:
            return None
        principal = Principal(Kind(row["kind"]), row["principal_id"], row["session_id"], row["signed_in_until"])
        admission = Admission(
            principal, row["store_id"], row["assistant"], row["draft"], conversation_id=row["conversation_id"]
        )
        return admission, row["expires_at"]

    async def forget(self, principal_id: UUID) -> None:
        """Delete the tickets of an account that ends."""
        await self._pool.execute("DELETE FROM voice_tickets WHERE principal_id = $1", principal_id)
