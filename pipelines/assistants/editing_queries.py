"""Drafts, what was published of them, and which assistant of a store is the default one: in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from auth.principals import StoreId
from pipelines.assistants.content import AssistantContent
from pipelines.assistants.records import (
    AssistantId,
    AssistantNotFound,
    DefaultAssistantKept,
    DraftChanged,
    NotPublished,
    SlugTaken,
    TooManyAssistants,
    VersionNotFound,
)

MAX_ASSISTANTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An assistant as its store sees it. `live` is what callers hear; None if nothing was published yet."""

    id: AssistantId
    slug: str
    is_default: bool
    revision: int
    draft: AssistantContent
    live: AssistantContent | None
    live_number: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What was published under a number; `restored_from` is the older version that it repeats."""

    number: int
    content: AssistantContent
    published_at: datetime
    restored_from: int | None


class EditingQueries:
    """Everything is asked for by store and id; what belongs to another store is as missing as what nobody has.

    Raises AssistantNotFound from each method with an `assistant_id` but `create`.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def all_of(self, store_id: StoreId) -> Sequence[Edited]:
        """The default one first, then by age."""
        rows = await self._pool.fetch(
            f"{_EDITED} ORDER BY is_default DESC, created_at, id LIMIT {MAX_ASSISTANTS}", store_id, None
        )
        return [_edited(row) for row in rows]

    async def find(self, store_id: StoreId, assistant_id: AssistantId) -> Edited:
        """One of them."""
        row = await self._pool.fetchrow(_EDITED, store_id, assistant_id)
        if row is None:
            raise AssistantNotFound(assistant_id)
        return _edited(row)

    async def create(
        self, store_id: StoreId, assistant_id: AssistantId, *, slug: str, draft: AssistantContent, now: datetime
    ) -> None:
        """Insert a draft; a store's only assistant is its default one. Raises SlugTaken or TooManyAssistants."""
        async with self._pool.acquire() as connection, connection.transaction():
            # One after the other, so that neither the limit nor the default is overrun.
            await connection.execute("SELECT FROM stores WHERE id = $1 FOR NO KEY UPDATE", store_id)
            count = await connection.fetchval(
                "SELECT count(*) FROM assistants WHERE store_id = $1 AND deleted_at IS NULL", store_id
            )
            if count >= MAX_ASSISTANTS:
                raise TooManyAssistants
            try:
                await connection.execute(
                    """
                    INSERT INTO assistants (id, store_id, slug, is_default, draft, created_at)
                    VALUES ($1, $2, $3, $4, $5::jsonb, $6)
                    """,
                    assistant_id,
                    store_id,
                    slug,
                    count == 0,
                    draft.model_dump_json(),
                    now,
                )
            except asyncpg.UniqueViolationError as error:
                raise SlugTaken(slug) from error

    async def save(
        self, store_id: StoreId, assistant_id: AssistantId, draft: AssistantContent, *, revision: int
    ) -> None:
        """Keep a draft that was made of `revision`. Raises DraftChanged."""
        saved = await self._pool.fetchval(
            """
            UPDATE assistants SET draft = $4::jsonb, revision = revision + 1
            WHERE store_id = $1 AND id = $2 AND revision = $3 AND deleted_at IS NULL
            RETURNING id
            """,
            store_id,
            assistant_id,
            revision,
            draft.model_dump_json(),
        )
        if saved is None:
            await self.find(store_id, assistant_id)
            raise DraftChanged(assistant_id)

    async def publish(self, store_id: StoreId, assistant_id: AssistantId, *, revision: int, now: datetime) -> Version:
        """Give the draft the next number; one that is published already keeps its own. Raises DraftChanged."""
        async with self._pool.acquire() as connection, connection.transaction():
            held = await _hold(connection, store_id, assistant_id)
            if held["revision"] != revision:
                raise DraftChanged(assistant_id)
            live = await connection.fetchrow(f"{_VERSION} ORDER BY number DESC LIMIT 1", store_id, assistant_id)
            if live and live["content"] == held["draft"]:
                return _version(live)
            return await _next(connection, assistant_id, held["draft"], now=now, restored_from=None)

    async def restore(self, store_id: StoreId, assistant_id: AssistantId, number: int, *, now: datetime) -> Version:
        """Publish an older version once more, under the next number; the draft stays. Raises VersionNotFound."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _hold(connection, store_id, assistant_id)
            older = await connection.fetchrow(f"{_VERSION} AND number = $3", store_id, assistant_id, number)
            if older is None:
                raise VersionNotFound(number)
            live = await connection.fetchrow(f"{_VERSION} ORDER BY number DESC LIMIT 1", store_id, assistant_id)
            if live and live["content"] == older["content"]:
                return _version(live)
            return await _next(connection, assistant_id, older["content"], now=now, restored_from=number)

    async def versions(
        self, store_id: StoreId, assistant_id: AssistantId, *, before: int, limit: int
    ) -> Sequence[Version]:
        """Up to `limit` versions with lower numbers than `before`, the newest first."""
        await self.find(store_id, assistant_id)
        rows = await self._pool.fetch(
            f"{_VERSION} AND number < $3 ORDER BY number DESC LIMIT $4", store_id, assistant_id, before, limit
        )
        return [_version(row) for row in rows]

    async def version(self, store_id: StoreId, assistant_id: AssistantId, number: int) -> Version:
        """One version. Raises VersionNotFound."""
        await self.find(store_id, assistant_id)
        row = await self._pool.fetchrow(f"{_VERSION} AND number = $3", store_id, assistant_id, number)
        if row is None:
            raise VersionNotFound(number)
        return _version(row)

    async def make_default(self, store_id: StoreId, assistant_id: AssistantId) -> None:
        """Let callers who name no assistant have this one. Raises NotPublished."""
        if (await self.find(store_id, assistant_id)).live is None:
            raise NotPublished
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM stores WHERE id = $1 FOR NO KEY UPDATE", store_id)
            await _hold(connection, store_id, assistant_id)
            # In two steps, for of two defaults the index would refuse one.
            await connection.execute(
                "UPDATE assistants SET is_default = false WHERE store_id = $1 AND is_default", store_id
            )
            await connection.execute("UPDATE assistants SET is_default = true WHERE id = $1", assistant_id)

    async def delete(self, store_id: StoreId, assistant_id: AssistantId, *, now: datetime) -> None:
        """Let it answer nobody any more; conversations with it stay. Raises DefaultAssistantKept."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM stores WHERE id = $1 FOR NO KEY UPDATE", store_id)
            held = await _hold(connection, store_id, assistant_id)
            others = await connection.fetchval(
                "SELECT count(*) FROM assistants WHERE store_id = $1 AND id <> $2 AND deleted_at IS NULL",
                store_id,
                assistant_id,
            )
            if held["is_default"] and others:
                raise DefaultAssistantKept
            await connection.execute("UPDATE assistants SET deleted_at = $2 WHERE id = $1", assistant_id, now)


_EDITED = """
    SELECT assistants.id, slug, is_default, revision, draft, created_at,
           live.number AS live_number, live.content AS live
    FROM assistants
    LEFT JOIN LATERAL (
        SELECT number, content FROM assistant_versions
        WHERE assistant_id = assistants.id
        ORDER BY number DESC
        LIMIT 1
    ) AS live ON true
    WHERE store_id = $1 AND ($2::uuid IS NULL OR assistants.id = $2) AND deleted_at IS NULL
"""
_VERSION = """
    SELECT number, content, published_at, restored_from
    FROM assistant_versions
    JOIN assistants ON assistants.id = assistant_versions.assistant_id
    WHERE store_id = $1 AND assistant_id = $2 AND deleted_at IS NULL
"""


async def _hold(connection: PoolConnectionProxy, store_id: StoreId, assistant_id: AssistantId) -> asyncpg.Record:
    """Keep others from changing it until the transaction ends."""
    row = await connection.fetchrow(
        """
        SELECT revision, draft, is_default FROM assistants
        WHERE store_id = $1 AND id = $2 AND deleted_at IS NULL
        FOR NO KEY UPDATE
        """,
        store_id,
        assistant_id,
    )
    if row is None:
        raise AssistantNotFound(assistant_id)
    return row


async def _next(
    connection: PoolConnectionProxy,
    assistant_id: AssistantId,
    content: str,
    *,
    now: datetime,
    restored_from: int | None,
) -> Version:
    row = await connection.fetchrow(
        """
        INSERT INTO assistant_versions (assistant_id, number, content, published_at, restored_from)
        SELECT $1, coalesce(max(number), 0) + 1, $2::jsonb, $3, $4 FROM assistant_versions WHERE assistant_id = $1
        RETURNING number, content, published_at, restored_from
        """,
        assistant_id,
        content,
        now,
        restored_from,
    )
    if row is None:
        raise AssistantNotFound(assistant_id)
    return _version(row)


def _edited(row: asyncpg.Record) -> Edited:
    return Edited(
        id=row["id"],
        slug=row["slug"],
        is_default=row["is_default"],
        revision=row["revision"],
        draft=AssistantContent.model_validate_json(row["draft"]),
        live=AssistantContent.model_validate_json(row["live"]) if row["live"] else None,
        live_number=row["live_number"],
        created_at=row["created_at"],
    )


def _version(row: asyncpg.Record) -> Version:
    return Version(
        number=row["number"],
        content=AssistantContent.model_validate_json(row["content"]),
        published_at=row["published_at"],
        restored_from=row["restored_from"],
    )
