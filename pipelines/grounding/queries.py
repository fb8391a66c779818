"""Knowledge in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from auth.principals import StoreId
from pipelines.grounding.knowledge import MAX_MATCHES, Entry, KnowledgeUnavailable, Match, Price

# A caller is waiting; after this the answer has to do without.
SEARCH_TIMEOUT_S = 0.5


class KnowledgeQueries:
    """What stores know."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, store_id: StoreId, entries: Sequence[Entry]) -> None:
        """Insert entries; one whose title the store has already is left as it is."""
        await self._pool.executemany(
            """
            INSERT INTO knowledge_entries (id, store_id, kind, title, asked_as, body, price_cents, currency)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (store_id, title) DO NOTHING
            """,
            [
                (
                    entry.id,
                    store_id,
                    entry.kind,
                    entry.title,
                    entry.asked_as,
                    entry.body,
                    entry.price.cents if entry.price else None,
                    entry.price.currency if entry.price else None,
                )
                for entry in entries
            ],
        )

    async def page(self, store_id: StoreId, *, after: str, limit: int) -> list[Entry]:
        """The store's entries whose titles stand behind `after`, in the order of their titles."""
        rows = await self._pool.fetch(
            """
            SELECT id, title, asked_as, body, price_cents, currency FROM knowledge_entries
            WHERE store_id = $1 AND title > $2
            ORDER BY title
            LIMIT $3
            """,
            store_id,
            after,
            limit,
        )
        return [_entry(row) for row in rows]

    async def first(self, store_id: StoreId, *, limit: int) -> list[Entry]:
        """What matters most to callers: answers, then items. Raises KnowledgeUnavailable."""
        async with _in_time():
            rows = await self._pool.fetch(
                """
                SELECT id, title, asked_as, body, price_cents, currency FROM knowledge_entries
                WHERE store_id = $1
                ORDER BY price_cents IS NOT NULL, title
                LIMIT $2
                """,
                store_id,
                limit,
            )
        return [_entry(row) for row in rows]

    async def search(self, store_id: StoreId, words: list[str]) -> list[Match]:
        """The store's entries for these words (as `spoken.tokens` gives them), best first.

        Words are compared by their English stem; with titles also by their letters (`%>>`: half of the trigrams are
        those of a whole word) and by their sound, so that "monsterra" and "monstrous" find the monstera.
        Raises KnowledgeUnavailable.
        """
        async with _in_time():
            rows = await self._pool.fetch(
                """
                SELECT entry.id, entry.title, entry.asked_as, entry.body, entry.price_cents, entry.currency,
                       array_agg(asked.word) FILTER (WHERE entry.search @@ asked.in_names) AS named,
                       array_agg(asked.word) FILTER (
                           WHERE entry.title %>> asked.word OR entry.sounds && asked.sounds
                       ) AS resembled,
                       array_agg(asked.word) FILTER (WHERE entry.search @@ asked.anywhere) AS mentioned,
                       (
                           SELECT max(similarity(name, $3))
                           FROM regexp_split_to_table(entry.title || ',' || entry.asked_as, ' *, *') AS name
                       ) AS likeness
                FROM (
                    SELECT word,
                           sounds_of(word) AS sounds,
                           plainto_tsquery('english', word) AS anywhere,
                           to_tsquery('english', quote_literal(word) || ':AB') AS in_names
                    FROM unnest($2::text[]) AS word
                ) AS asked
                JOIN knowledge_entries AS entry
                  ON entry.store_id = $1
                 AND (entry.search @@ asked.anywhere OR entry.title %>> asked.word OR entry.sounds && asked.sounds)
                GROUP BY entry.id
                ORDER BY count(*) FILTER (WHERE entry.search @@ asked.in_names) DESC,
                         count(*) DESC, likeness DESC, entry.title
                LIMIT $4
                """,
                store_id,
                words,
                " ".join(words),
                MAX_MATCHES,
            )
        return [_match(row) for row in rows]


def _entry(row: asyncpg.Record) -> Entry:
    price = None if row["price_cents"] is None else Price(row["price_cents"], row["currency"])
    return Entry(row["id"], row["title"], row["body"], row["asked_as"], price)


def _match(row: asyncpg.Record) -> Match:
    return Match(
        entry=_entry(row),
        named=frozenset(row["named"] or ()),
        resembled=frozenset(row["resembled"] or ()),
        mentioned=frozenset(row["mentioned"] or ()),
        likeness=row["likeness"],
    )


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        # Around everything: waiting for a free connection is waiting too.
        async with asyncio.timeout(SEARCH_TIMEOUT_S):
            yield
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise KnowledgeUnavailable(type(error).__name__) from error
