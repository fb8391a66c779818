"""Assistants and their opening hours in PostgreSQL."""

from zoneinfo import ZoneInfo

import asyncpg

from auth.principals import StoreId
from pipelines.assistants import Assistant
from pipelines.grounding.hours import WEEKDAYS, OpeningHours, Span
from pipelines.turns.profiles import TurnProfile


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
                INSERT INTO assistants (id, store_id, name, greeting, instructions, time_zone, turn_profile)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (store_id) DO NOTHING
                RETURNING id
            ),
            hours AS (
                INSERT INTO opening_hours (assistant_id, weekday, opens, closes)
                SELECT created.id, day.weekday, day.opens, day.closes
                FROM created, unnest($8::smallint[], $9::time[], $10::time[]) AS day (weekday, opens, closes)
            )
            SELECT id FROM created
            """,
            assistant.id,
            assistant.store_id,
            assistant.name,
            assistant.greeting,
            assistant.instructions,
            assistant.time_zone.key,
            assistant.turn_profile,
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
           assistants.instructions, assistants.time_zone, assistants.turn_profile,
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
        turn_profile=TurnProfile(row["turn_profile"]),
    )
