"""The sealed secrets of authenticator apps in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import asyncpg

from auth.factors.totp import ENROLMENT
from auth.principals import Kind


class TotpQueries:
    """The table `totp_factors`, as far as it belongs to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind

    async def enrol(self, account_id: UUID, sealed_secret: bytes, *, now: datetime) -> bool:
        """Insert a secret, or replace one that is not confirmed; its tries go on: this is no way to get more."""
        enrolled = await self._pool.fetchval(
            """
            INSERT INTO totp_factors (user_id, store_id, sealed_secret, enrolled_at, tries_since)
            VALUES ($1, $2, $3, $4, $4)
            ON CONFLICT (account_id, kind) DO UPDATE
            SET sealed_secret = excluded.sealed_secret, enrolled_at = excluded.enrolled_at, last_step = NULL
            WHERE totp_factors.confirmed_at IS NULL
            RETURNING account_id
            """,
            account_id if self._kind is Kind.USER else None,
            account_id if self._kind is Kind.STORE else None,
            sealed_secret,
            now,
        )
        return enrolled is not None

    async def begin_try(
        self, account_id: UUID, *, confirmed: bool, since: datetime, max_tries: int, now: datetime
    ) -> bytes | datetime | None:
        """Count a try in the window that began after `since`, or in a new one that begins now."""
        row = await self._pool.fetchrow(
            """
            UPDATE totp_factors
            SET
                tries = CASE WHEN tries_since <= $4 THEN 1 WHEN tries <= $5 THEN tries + 1 ELSE tries END,
                tries_since = CASE WHEN tries = 0 OR tries_since <= $4 THEN $6 ELSE tries_since END
            WHERE account_id = $1 AND kind = $2 AND (confirmed_at IS NOT NULL) = $3
                AND (confirmed_at IS NOT NULL OR enrolled_at > $7)
            RETURNING sealed_secret, tries, tries_since
            """,
            account_id,
            self._kind,
            confirmed,
            since,
            max_tries,
            now,
            now - ENROLMENT,
        )
        if row is None:
            return None
        outcome: bytes | datetime = row["tries_since"] if row["tries"] > max_tries else row["sealed_secret"]
        return outcome

    async def accept(self, account_id: UUID, step: int, *, sealed_secret: bytes, now: datetime) -> bool:
        """Update if the step is newer than every one before, and the secret still the one that was looked at."""
        accepted = await self._pool.fetchval(
            """
            UPDATE totp_factors
            SET last_step = $4, confirmed_at = coalesce(confirmed_at, $5), tries = 0, tries_since = $5
            WHERE account_id = $1 AND kind = $2 AND sealed_secret = $3 AND (last_step IS NULL OR last_step < $4)
            RETURNING account_id
            """,
            account_id,
            self._kind,
            sealed_secret,
            step,
            now,
        )
        return accepted is not None

    async def confirmed_at(self, account_id: UUID) -> datetime | None:
        """Find when the secret was confirmed."""
        confirmed_at: datetime | None = await self._pool.fetchval(
            "SELECT confirmed_at FROM totp_factors WHERE account_id = $1 AND kind = $2", account_id, self._kind
        )
        return confirmed_at

    async def remove(self, account_id: UUID) -> bool:
        """Delete a confirmed secret."""
        removed = await self._pool.fetchval(
            """
            DELETE FROM totp_factors WHERE account_id = $1 AND kind = $2 AND confirmed_at IS NOT NULL
            RETURNING account_id
            """,
            account_id,
            self._kind,
        )
        return removed is not None
