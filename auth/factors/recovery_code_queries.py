"""The hashes of recovery codes in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from auth.principals import Kind
from auth.tables import ACCOUNTS

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_COUNT = "SELECT count(*) FROM recovery_codes WHERE account_id = $1 AND kind = $2"


class RecoveryCodeQueries:
    """The table `recovery_codes`, as far as it belongs to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind

    async def replace(self, account_id: UUID, hashes: list[bytes]) -> None:
        """Delete the account's codes and insert these."""
        async with self._locked(account_id) as connection:
            await connection.execute(
                "DELETE FROM recovery_codes WHERE account_id = $1 AND kind = $2", account_id, self._kind
            )
            await self._insert(connection, account_id, hashes)

    async def add_first(self, account_id: UUID, hashes: list[bytes]) -> bool:
        """Insert these codes unless the account has some."""
        async with self._locked(account_id) as connection:
            if await connection.fetchval(_COUNT, account_id, self._kind):
                return False
            await self._insert(connection, account_id, hashes)
            return True

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
        return int(await self._pool.fetchval(_COUNT, account_id, self._kind))

    @asynccontextmanager
    async def _locked(self, account_id: UUID) -> AsyncIterator["Connection"]:
        """One at a time for each account: of two that cross, the codes of one stay, and not those of both."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                f"SELECT FROM {ACCOUNTS[self._kind]} WHERE id = $1 FOR NO KEY UPDATE",
                account_id,
            )
            yield connection

    async def _insert(self, connection: "Connection", account_id: UUID, hashes: list[bytes]) -> None:
        await connection.execute(
            "INSERT INTO recovery_codes (user_id, store_id, sha256) SELECT $1, $2, unnest($3::bytea[])",
            account_id if self._kind is Kind.USER else None,
            account_id if self._kind is Kind.STORE else None,
            hashes,
        )
