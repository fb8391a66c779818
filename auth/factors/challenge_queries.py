"""Challenges in PostgreSQL."""

from datetime import datetime

import asyncpg

from auth.factors.challenges import Bound, Purpose
from auth.principals import Kind, SessionId


class ChallengeQueries:
    """The table `challenges`, as far as it belongs to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind

    async def add(
        self, token_sha256: bytes, purpose: Purpose, bound: Bound, *, now: datetime, expires_at: datetime
    ) -> None:
        """Insert a challenge, and delete those that were over at `now`."""
        await self._pool.execute(
            """
            WITH over AS (DELETE FROM challenges WHERE expires_at <= $7)
            INSERT INTO challenges (sha256, kind, purpose, user_id, store_id, session_id, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $8)
            """,
            token_sha256,
            self._kind,
            purpose,
            bound.account_id if self._kind is Kind.USER else None,
            bound.account_id if self._kind is Kind.STORE else None,
            bound.session_id,
            now,
            expires_at,
        )

    async def count_try(self, token_sha256: bytes, purpose: Purpose, *, max_tries: int, now: datetime) -> Bound | None:
        """Count a try, unless it is one too many or too late."""
        row = await self._pool.fetchrow(
            """
            UPDATE challenges SET tries = tries + 1
            WHERE sha256 = $1 AND kind = $2 AND purpose = $3 AND tries < $4 AND expires_at > $5
            RETURNING coalesce(user_id, store_id) AS account_id, session_id
            """,
            token_sha256,
            self._kind,
            purpose,
            max_tries,
            now,
        )
        if row is None:
            return None
        return Bound(row["account_id"], SessionId(row["session_id"]) if row["session_id"] else None)

    async def take(self, token_sha256: bytes) -> bool:
        """Delete a challenge; return whether it was there."""
        taken = await self._pool.fetchval(
            "DELETE FROM challenges WHERE sha256 = $1 AND kind = $2 RETURNING sha256", token_sha256, self._kind
        )
        return taken is not None
