"""Assistants in PostgreSQL, as conversations need them: what was published last, or the draft."""

from datetime import datetime
from uuid import UUID

import asyncpg

from auth.principals import StoreId
from pipelines.assistants.content import AssistantContent
from pipelines.assistants.records import Assistant, AssistantId


class AssistantQueries:
    """Assistants that can be talked to; None for those that were never published."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def seed(
        self, assistant_id: AssistantId, store_id: StoreId, *, slug: str, content: AssistantContent, now: datetime
    ) -> bool:
        """Insert and publish a store's first assistant. False, and nothing changed, if it has ever had one."""
        created = await self._pool.fetchval(
            """
            WITH created AS (
                INSERT INTO assistants (id, store_id, slug, is_default, draft, created_at)
                SELECT $1, $2, $3, true, $4::jsonb, $5
                WHERE NOT EXISTS (SELECT FROM assistants WHERE store_id = $2)
                ON CONFLICT DO NOTHING
                RETURNING id, draft
            )
            INSERT INTO assistant_versions (assistant_id, number, content, published_at)
            SELECT id, 1, draft, $5 FROM created
            RETURNING assistant_id
            """,
            assistant_id,
            store_id,
            slug,
            content.model_dump_json(),
            now,
        )
        return created is not None

    async def of_slug(self, store: str, assistant: str | None = None) -> Assistant | None:
        """What was published last of an assistant of the store with this slug; without a name, of its default one."""
        row = await self._pool.fetchrow(f"{_LIVE} WHERE stores.slug = $1 {_CHOSEN}", store, assistant)
        return _assistant(row) if row else None

    async def of_store(
        self, store_id: StoreId, assistant: str | None = None, *, draft: bool = False
    ) -> Assistant | None:
        """The same by the store's id, or its draft."""
        select = _DRAFT if draft else _LIVE
        row = await self._pool.fetchrow(f"{select} WHERE stores.id = $1 {_CHOSEN}", store_id, assistant)
        return _assistant(row) if row else None

    async def of_conversation(self, conversation_id: UUID) -> Assistant | None:
        """Who answers in a conversation: as they were published when it began, or the draft as it is now."""
        row = await self._pool.fetchrow(
            """
            SELECT assistants.id, assistants.store_id, stores.name AS store_name, assistants.slug, versions.number,
                   coalesce(versions.content, assistants.draft) AS content
            FROM conversations
            JOIN assistants ON assistants.id = conversations.assistant_id
            JOIN stores ON stores.id = assistants.store_id
            LEFT JOIN assistant_versions AS versions
                ON versions.assistant_id = assistants.id AND versions.number = conversations.assistant_version
            WHERE conversations.id = $1
            """,
            conversation_id,
        )
        return _assistant(row) if row else None


_LIVE = """
    SELECT assistants.id, assistants.store_id, stores.name AS store_name, assistants.slug, live.number, live.content
    FROM assistants
    JOIN stores ON stores.id = assistants.store_id
    CROSS JOIN LATERAL (
        SELECT number, content FROM assistant_versions
        WHERE assistant_id = assistants.id
        ORDER BY number DESC
        LIMIT 1
    ) AS live
"""
_DRAFT = """
    SELECT assistants.id, assistants.store_id, stores.name AS store_name, assistants.slug, NULL::integer AS number,
           assistants.draft AS content
    FROM assistants
    JOIN stores ON stores.id = assistants.store_id
"""
_CHOSEN = """
    AND assistants.deleted_at IS NULL
    AND CASE WHEN $2::text IS NULL THEN assistants.is_default ELSE assistants.slug = $2 END
"""


def _assistant(row: asyncpg.Record) -> Assistant:
    return AssistantContent.model_validate_json(row["content"]).assistant(
        assistant_id=row["id"],
        store_id=row["store_id"],
        store_name=row["store_name"],
        slug=row["slug"],
        version=row["number"],
    )
