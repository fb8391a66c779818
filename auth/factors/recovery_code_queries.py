"""The hashes of recovery codes in PostgreSQL."""

from uuid import UUID

import asyncpg

from auth.principals import Kind


class RecoveryCodeQueries:
    """The table `recovery_codes`, as far as it belongs to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind

    async def replace(self, account_id: UUID, hashes: list[bytes]) -> None:
        """Delete the account's codes and insert these."""
        await self._pool.execute(
            """
            WITH replaced AS (DELETE FROM recovery_codes WHERE account_id = coalesce($1::uuid, $2::uuid) AND kind = $3)
            INSERT INTO recovery_codes (user_id, store_id, sha256) SELECT $1, $2, unnest($4::bytea[])
            """,
            account_id if self._kind is Kind.USER else None,
            account_id if self._kind is Kind.STORE else None,
            self._kind,
            hashes,
        )

    async def take(self, account_id: UUID, code_sha256: bytes) -> bool:
        """Delete a code; return whether it was there."""
        taken = await self._pool.fetchval(
            "DELETE FROM recovery_codes WHERE sha256 = $1 AND account_id = $2 AND kind = $3 RETURNING sha256",
            code_sha256,
            account_id,
            self._kind,
        )
        return taken is not None

    async def count(self, account_id: UUID) -> int:
        """Count the account's codes."""
        counted = await self._pool.fetchval(
            "SELECT count(*) FROM recovery_codes WHERE account_id = $1 AND kind = $2", account_id, self._kind
        )
        return int(counted)
