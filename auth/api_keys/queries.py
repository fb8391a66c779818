"""API keys in PostgreSQL, which has only their hashes."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from auth.api_keys.records import ApiKey
from auth.principals import ApiKeyId, StoreId

MAX_API_KEYS = 50


class ApiKeyQueries:
    """The table `api_keys`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, key: ApiKey, *, sha256: bytes) -> bool:
        """Insert a key, unless the store has MAX_API_KEYS; tell whether."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Two requests at once do not both count to 49.
            await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", key.store_id)
            status = await connection.execute(
                """
                INSERT INTO api_keys (id, store_id, name, ends_with, sha256, scopes, created_at, expires_at)
                SELECT $1, $2, $3, $4, $5, $6, $7, $8
                WHERE (SELECT count(*) FROM api_keys WHERE store_id = $2) < $9
                """,
                key.id,
                key.store_id,
                key.name,
                key.ends_with,
                sha256,
                sorted(key.scopes),
                key.created_at,
                key.expires_at,
                MAX_API_KEYS,
            )
        return status == "INSERT 0 1"

    async def of_store(self, store_id: StoreId) -> Sequence[ApiKey]:
        """All keys of a store, oldest first."""
        rows = await self._pool.fetch(
            """
            SELECT id, store_id, name, ends_with, scopes, created_at, expires_at, last_used_at FROM api_keys
            WHERE store_id = $1 ORDER BY created_at, id
            """,
            store_id,
        )
        return [_key(row) for row in rows]

    async def find(self, sha256: bytes) -> ApiKey | None:
        """The key of this hash."""
        row = await self._pool.fetchrow(
            """
            SELECT id, store_id, name, ends_with, scopes, created_at, expires_at, last_used_at FROM api_keys
            WHERE sha256 = $1
            """,
            sha256,
        )
        return _key(row) if row else None

    async def note_use(self, key_id: ApiKeyId, *, now: datetime) -> None:
        """Note when a key was used last."""
        await self._pool.execute("UPDATE api_keys SET last_used_at = $2 WHERE id = $1", key_id, now)

    async def delete(self, store_id: StoreId, key_id: ApiKeyId) -> bool:
        """Delete a key of the store; tell whether there was one."""
        status = await self._pool.execute("DELETE FROM api_keys WHERE id = $1 AND store_id = $2", key_id, store_id)
        return status == "DELETE 1"


def _key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row["id"]),
        store_id=StoreId(row["store_id"]),
        name=row["name"],
        ends_with=row["ends_with"],
        scopes=frozenset(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )
