"""What stores write down, in PostgreSQL. Finding it while a caller waits is `pipelines.grounding.queries`."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from auth.principals import StoreId
from pipelines.grounding.knowledge import Entry, Price
from pipelines.knowledge.records import (
    MAX_ENTRIES,
    EntryChanged,
    Imported,
    TitleTaken,
    TooManyEntries,
    Unanswered,
    Versioned,
)

# What was asked longer ago is no longer what callers ask.
CONVERSATIONS_LOOKED_AT = 1_000


class EntryQueries:
    """The entries of one store at a time; nobody reaches another store's."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self, store_id: StoreId, *, containing: str, after: str, limit: int) -> list[Versioned]:
        """Entries behind the title `after`, in the order of titles, or those of them in which these letters are.

        Capitals and small letters stand together.
        """
        rows = await self._pool.fetch(
            """
            SELECT id, title, asked_as, body, price_cents, currency, version FROM knowledge_entries
            WHERE store_id = $1 AND (lower(title), title) > (lower($2), $2)
                AND ($3 = '' OR position(lower($3) IN lower(title || E'\\n' || asked_as || E'\\n' || body)) > 0)
            ORDER BY lower(title), title
            LIMIT $4
            """,
            store_id,
            after,
            containing,
            limit,
        )
        return [_known(row) for row in rows]

    async def find(self, store_id: StoreId, entry_id: UUID) -> Versioned | None:
        """One entry, or None."""
        row = await self._pool.fetchrow(
            """
            SELECT id, title, asked_as, body, price_cents, currency, version FROM knowledge_entries
            WHERE store_id = $1 AND id = $2
            """,
            store_id,
            entry_id,
        )
        return _known(row) if row else None

    async def add(self, store_id: StoreId, entry: Entry) -> None:
        """Insert an entry. Raises TitleTaken or TooManyEntries."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await _leave_room(connection, store_id, wanted=1)
                await connection.execute(
                    """
                    INSERT INTO knowledge_entries (id, store_id, kind, title, asked_as, body, price_cents, currency)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                    """,
                    *_values(store_id, entry),
                )
        except asyncpg.UniqueViolationError as error:
            raise TitleTaken from error

    async def replace(self, store_id: StoreId, entry: Entry, *, version: int) -> bool:
        """Write the entry in place of that version; False if it is gone. Raises EntryChanged or TitleTaken."""
        try:
            changed = await self._pool.fetchval(
                """
                UPDATE knowledge_entries
                SET kind = $3, title = $4, asked_as = $5, body = $6, price_cents = $7, currency = $8,
                    version = version + 1
                WHERE id = $1 AND store_id = $2 AND version = $9
                RETURNING true
                """,
                *_values(store_id, entry),
                version,
            )
        except asyncpg.UniqueViolationError as error:
            raise TitleTaken from error
        if changed is None and await self.find(store_id, entry.id):
            raise EntryChanged
        return changed is not None

    async def delete(self, store_id: StoreId, entry_id: UUID) -> bool:
        """Delete an entry; False if there was none."""
        deleted = await self._pool.fetchval(
            "DELETE FROM knowledge_entries WHERE store_id = $1 AND id = $2 RETURNING true", store_id, entry_id
        )
        return deleted is not None

    async def take_over(self, store_id: StoreId, entries: Sequence[Entry]) -> Imported:
        """Insert entries of different titles, all or none; one that has a title of the store's replaces its entry.

        Raises TooManyEntries.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            titles = [entry.title for entry in entries]
            replaced = await connection.fetchval(
                "SELECT count(*) FROM knowledge_entries WHERE store_id = $1 AND title = ANY ($2)", store_id, titles
            )
            await _leave_room(connection, store_id, wanted=len(entries) - replaced)
            await connection.executemany(
                """
                INSERT INTO knowledge_entries (id, store_id, kind, title, asked_as, body, price_cents, currency)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (store_id, title) DO UPDATE
                SET kind = excluded.kind, asked_as = excluded.asked_as, body = excluded.body,
                    price_cents = excluded.price_cents, currency = excluded.currency,
                    version = knowledge_entries.version + 1
                """,
                [_values(store_id, entry) for entry in entries],
            )
        return Imported(added=len(entries) - replaced, replaced=replaced)

    async def unanswered(self, store_id: StoreId, *, limit: int) -> list[Unanswered]:
        """What callers asked and no entry answered, the latest first; not what an entry is now named by."""
        rows = await self._pool.fetch(
            """
            SELECT asked.question, asked.times, asked.last_asked_at
            FROM (
                SELECT lower(rtrim(question.text, ' .?!')) AS words,
                       (array_agg(question.text ORDER BY question.started_at DESC))[1] AS question,
                       count(*) AS times,
                       max(question.started_at) AS last_asked_at
                FROM (
                    SELECT id FROM conversations WHERE store_id = $1 ORDER BY started_at DESC, id DESC LIMIT $3
                ) AS conversation
                JOIN turns AS answer
                    ON answer.conversation_id = conversation.id AND answer.basis IN ('unknown', 'nothing')
                JOIN turns AS question
                    ON question.conversation_id = conversation.id
                    AND question.position = answer.position - 1 AND question.speaker = 'caller'
                GROUP BY words
                ORDER BY last_asked_at DESC, words
            ) AS asked
            -- Entries are many: looked through for as many questions as are shown, and each question once.
            WHERE NOT EXISTS (
                SELECT FROM knowledge_entries AS entry
                WHERE entry.store_id = $1 AND position(asked.words IN lower(entry.title || ',' || entry.asked_as)) > 0
            )
            ORDER BY asked.last_asked_at DESC, asked.words
            LIMIT $2
            """,
            store_id,
            limit,
            CONVERSATIONS_LOOKED_AT,
        )
        return [Unanswered(**row) for row in rows]


async def _leave_room(connection: asyncpg.pool.PoolConnectionProxy, store_id: StoreId, *, wanted: int) -> None:
    # One writer of a store at a time, so that two cannot both take the last place.
    await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", store_id)
    known = await connection.fetchval("SELECT count(*) FROM knowledge_entries WHERE store_id = $1", store_id)
    if known + wanted > MAX_ENTRIES:
        raise TooManyEntries


def _values(store_id: StoreId, entry: Entry) -> tuple[object, ...]:
    price = entry.price
    return (
        entry.id,
        store_id,
        entry.kind,
        entry.title,
        entry.asked_as,
        entry.body,
        price.cents if price else None,
        price.currency if price else None,
    )


def _known(row: asyncpg.Record) -> Versioned:
    price = None if row["price_cents"] is None else Price(row["price_cents"], row["currency"])
    return Versioned(Entry(row["id"], row["title"], row["body"], row["asked_as"], price), row["version"])
