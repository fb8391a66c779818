"""Assistants, opening hours and knowledge in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import asyncpg

from auth.principals import StoreId
from pipelines.assistants import Assistant
from pipelines.hours import WEEKDAYS, OpeningHours, Span
from pipelines.knowledge import MAX_MATCHES, Entry, KnowledgeUnavailable, Match, Price

# A caller is waiting; after this the answer has to do without.
SEARCH_TIMEOUT_S = 0.5


class AssistantQueries:
    """Assistants with their opening hours."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, assistant: Assistant) -> bool:
        """Insert an assistant and its hours. False, and nothing changed, if the store has one already."""
        days = [(day, span) for day, span in enumerate(assistant.hours.days) if span]
        created = await self._pool.fetchval(
            """
            WITH created AS (
                INSERT INTO assistants (id, store_id, name, greeting, instructions, time_zone)
                VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (store_id) DO NOTHING
                RETURNING id
            ),
            hours AS (
                INSERT INTO opening_hours (assistant_id, weekday, opens, closes)
                SELECT created.id, day.weekday, day.opens, day.closes
                FROM created, unnest($7::smallint[], $8::time[], $9::time[]) AS day (weekday, opens, closes)
            )
            SELECT id FROM created
            """,
            assistant.id,
            assistant.store_id,
            assistant.name,
            assistant.greeting,
            assistant.instructions,
            assistant.time_zone.key,
            [day for day, _ in days],
            [span.opens for _, span in days],
            [span.closes for _, span in days],
        )
        return created is not None

    async def of_store(self, store_id: StoreId) -> Assistant | None:
        """The store's assistant."""
        row = await self._pool.fetchrow(f"{_SELECT_ASSISTANT} WHERE stores.id = $1 {_GROUP_ASSISTANT}", store_id)
        return _assistant(row) if row else None

    async def of_slug(self, slug: str) -> Assistant | None:
        """The assistant of the store with this slug."""
        row = await self._pool.fetchrow(f"{_SELECT_ASSISTANT} WHERE stores.slug = $1 {_GROUP_ASSISTANT}", slug)
        return _assistant(row) if row else None


_SELECT_ASSISTANT = """
    SELECT assistants.id, assistants.store_id, stores.name AS store_name, assistants.name, assistants.greeting,
           assistants.instructions, assistants.time_zone,
           array_remove(array_agg(opening_hours.weekday ORDER BY weekday), NULL) AS weekdays,
           array_agg(opening_hours.opens ORDER BY weekday) AS opens,
           array_agg(opening_hours.closes ORDER BY weekday) AS closes
    FROM assistants
    JOIN stores ON stores.id = assistants.store_id
    LEFT JOIN opening_hours ON opening_hours.assistant_id = assistants.id
"""
_GROUP_ASSISTANT = "GROUP BY assistants.id, stores.id"


def _assistant(row: asyncpg.Record) -> Assistant:
    spans = {day: Span(row["opens"][at], row["closes"][at]) for at, day in enumerate(row["weekdays"])}
    return Assistant(
        id=row["id"],
        store_id=row["store_id"],
        store_name=row["store_name"],
        name=row["name"],
        greeting=row["greeting"],
        instructions=row["instructions"],
        time_zone=ZoneInfo(row["time_zone"]),
        hours=OpeningHours(tuple(spans.get(day) for day in range(len(WEEKDAYS)))),
    )


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


def _match(row: asyncpg.Record) -> Match:
    price = None if row["price_cents"] is None else Price(row["price_cents"], row["currency"])
    return Match(
        entry=Entry(row["id"], row["title"], row["body"], row["asked_as"], price),
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
