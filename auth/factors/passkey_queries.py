"""Passkeys in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.factors.errors import PasskeyKnown
from auth.factors.passkeys import NewPasskey, Passkey, PasskeyId
from auth.principals import Kind


class PasskeyQueries:
    """The table `passkeys`, as far as it belongs to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind

    async def add(self, account_id: UUID, new: NewPasskey, *, now: datetime) -> Passkey:
        """Insert a passkey. Raises PasskeyKnown."""
        try:
            row = await self._pool.fetchrow(
                """
                INSERT INTO passkeys
                    (user_id, store_id, rp_id, credential_id, public_key, sign_count, transports, name, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                RETURNING
                    id, account_id, rp_id, credential_id, public_key, transports, name, created_at, last_used_at
                """,
                account_id if self._kind is Kind.USER else None,
                account_id if self._kind is Kind.STORE else None,
                new.rp_id,
                new.credential_id,
                new.public_key,
                new.sign_count,
                new.transports,
                new.name,
                now,
            )
        except asyncpg.UniqueViolationError as error:
            raise PasskeyKnown from error
        if row is None:
            raise AssertionError("an insert returns its row")
        return _passkey(row)

    async def list(self, account_id: UUID) -> Sequence[Passkey]:
        """The account's passkeys, oldest first."""
        rows = await self._pool.fetch(
            """
            SELECT id, account_id, rp_id, credential_id, public_key, transports, name, created_at, last_used_at
            FROM passkeys WHERE account_id = $1 AND kind = $2
            ORDER BY created_at, id
            """,
            account_id,
            self._kind,
        )
        return [_passkey(row) for row in rows]

    async def find(self, credential_id: bytes) -> Passkey | None:
        """Find a passkey by what the authenticator calls it."""
        row = await self._pool.fetchrow(
            """
            SELECT id, account_id, rp_id, credential_id, public_key, transports, name, created_at, last_used_at
            FROM passkeys WHERE credential_id = $1 AND kind = $2
            """,
            credential_id,
            self._kind,
        )
        return _passkey(row) if row else None

    async def advance(self, passkey_id: PasskeyId, sign_count: int, *, now: datetime) -> bool:
        """Store a count that grew; 0 after 0 is an authenticator that does not count."""
        advanced = await self._pool.fetchval(
            """
            UPDATE passkeys SET sign_count = $3, last_used_at = $4
            WHERE id = $1 AND kind = $2 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))
            RETURNING id
            """,
            passkey_id,
            self._kind,
            sign_count,
            now,
        )
        return advanced is not None

    async def rename(self, account_id: UUID, passkey_id: PasskeyId, name: str) -> Passkey | None:
        """Update the name."""
        row = await self._pool.fetchrow(
            """
            UPDATE passkeys SET name = $4 WHERE id = $1 AND account_id = $2 AND kind = $3
            RETURNING id, account_id, rp_id, credential_id, public_key, transports, name, created_at, last_used_at
            """,
            passkey_id,
            account_id,
            self._kind,
            name,
        )
        return _passkey(row) if row else None

    async def remove(self, account_id: UUID, passkey_id: PasskeyId) -> bool:
        """Delete a passkey; return whether it was there."""
        removed = await self._pool.fetchval(
            "DELETE FROM passkeys WHERE id = $1 AND account_id = $2 AND kind = $3 RETURNING id",
            passkey_id,
            account_id,
            self._kind,
        )
        return removed is not None


def _passkey(row: asyncpg.Record) -> Passkey:
    return Passkey(**{**row, "transports": tuple(row["transports"])})
