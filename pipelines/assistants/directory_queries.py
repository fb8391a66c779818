"""Stores that users may talk to, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from pipelines.assistants.content import AssistantContent
from pipelines.assistants.records import Assistant


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A store, by its slug, and one of its assistants as it was published last."""

    slug: str
    assistant: Assistant
    is_default: bool


class DirectoryQueries:
    """Only assistants that were published and are open to users."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self, *, search: str, after: str, limit: int) -> Sequence[Listing]:
        """Stores with their default assistants, by slug, behind `after`; those whose names hold `search`."""
        rows = await self._pool.fetch(
            f"""
            {_LISTED}
            AND assistants.is_default AND stores.slug > $1 AND strpos(lower(stores.name), lower($2)) > 0
            ORDER BY stores.slug
            LIMIT $3
            """,
            after,
            search,
            limit,
        )
        return [_listing(row) for row in rows]

    async def of_store(self, slug: str) -> Sequence[Listing]:
        """All assistants of one store, the default one first."""
        rows = await self._pool.fetch(
            f"{_LISTED} AND stores.slug = $1 ORDER BY assistants.is_default DESC, assistants.created_at, assistants.id",
            slug,
        )
        return [_listing(row) for row in rows]


_LISTED = """
    SELECT stores.slug AS store_slug, stores.name AS store_name, assistants.id, assistants.store_id, assistants.slug,
           assistants.is_default, live.number, live.content
    FROM stores
    JOIN assistants ON assistants.store_id = stores.id
    CROSS JOIN LATERAL (
        SELECT number, content FROM assistant_versions
        WHERE assistant_id = assistants.id
        ORDER BY number DESC
        LIMIT 1
    ) AS live
    WHERE assistants.deleted_at IS NULL AND live.content -> 'open_to_users' IS DISTINCT FROM 'false'::jsonb
"""


def _listing(row: asyncpg.Record) -> Listing:
    content = AssistantContent.model_validate_json(row["content"])
    return Listing(
        slug=row["store_slug"],
        is_default=row["is_default"],
        assistant=content.assistant(
            assistant_id=row["id"],
            store_id=row["store_id"],
            store_name=row["store_name"],
            slug=row["slug"],
            version=row["number"],
        ),
    )
