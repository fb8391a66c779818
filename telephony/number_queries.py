"""Our telephone numbers in PostgreSQL."""

from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from auth.principals import StoreId
from pipelines.assistants.records import AssistantNotFound
from telephony.calls import Provider
from telephony.numbers import Number

_SELECT = """
    SELECT phone_numbers.id, number, provider, phone_numbers.store_id, assistants.slug AS assistant
    FROM phone_numbers
    LEFT JOIN assistants ON assistants.id = assistant_id AND assistants.deleted_at IS NULL
"""


class NumberQueries:
    """The table phone_numbers."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, number: str) -> Number | None:
        """One by its E.164 form."""
        row = await self._pool.fetchrow(f"{_SELECT} WHERE number = $1", number)
        return Number(**row) if row else None

    async def of_store(self, store_id: StoreId) -> list[Number]:
        """All of a store's."""
        rows = await self._pool.fetch(f"{_SELECT} WHERE phone_numbers.store_id = $1 ORDER BY number", store_id)
        return [Number(**row) for row in rows]

    async def all(self) -> list[tuple[Number, str]]:
        """Every one, with its store's slug."""
        rows = await self._pool.fetch("SELECT id, slug FROM stores WHERE id IN (SELECT store_id FROM phone_numbers)")
        slugs = {row["id"]: row["slug"] for row in rows}
        found = [Number(**row) for row in await self._pool.fetch(f"{_SELECT} ORDER BY number")]
        return [(number, slugs[number.store_id]) for number in found]

    async def choose(self, store_id: StoreId, number_id: UUID, assistant: str | None) -> Number | None:
        """Let another assistant answer. Raises AssistantNotFound."""
        assistant_id = None
        if assistant is not None:
            assistant_id = await self._pool.fetchval(
                "SELECT id FROM assistants WHERE store_id = $1 AND slug = $2 AND deleted_at IS NULL",
                store_id,
                assistant,
            )
            if assistant_id is None:
                raise AssistantNotFound(assistant)
        number = await self._pool.fetchval(
            "UPDATE phone_numbers SET assistant_id = $3 WHERE store_id = $1 AND id = $2 RETURNING number",
            store_id,
            number_id,
            assistant_id,
        )
        return await self.find(number) if number else None

    async def assign(self, number: str, provider: Provider, store_slug: str, *, now: datetime) -> bool:
        """Give a number to a store, whoever had it before; False if there is no such store."""
        status = await self._pool.execute(
            """
            INSERT INTO phone_numbers (id, number, provider, store_id, assigned_at)
            SELECT $1, $2, $3, id, $5 FROM stores WHERE slug = $4
            ON CONFLICT (number) DO UPDATE SET
                provider = excluded.provider,
                assistant_id = CASE WHEN phone_numbers.store_id = excluded.store_id THEN phone_numbers.assistant_id END,
                store_id = excluded.store_id,
                assigned_at = excluded.assigned_at
            """,
            uuid4(),
            number,
            provider,
            store_slug,
            now,
        )
        return bool(status == "INSERT 0 1")

    async def release(self, number: str) -> bool:
        """Take a number from its store."""
        return bool(await self._pool.execute("DELETE FROM phone_numbers WHERE number = $1", number) == "DELETE 1")
