"""Widgets, and the tickets that their pages get, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.principals import StoreId
from pipelines.widgets.records import Widget, WidgetId

MAX_WIDGETS = 20


class WidgetQueries:
    """The table `widgets`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, widget: Widget) -> bool:
        """Insert a widget, unless the store has MAX_WIDGETS; tell whether."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Two requests at once do not both count to 19.
            await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", widget.store_id)
            status = await connection.execute(
                """
                INSERT INTO widgets (id, store_id, key, name, assistant, origins, created_at)
                SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM widgets WHERE store_id = $2) < $8
                """,
                widget.id,
                widget.store_id,
                widget.key,
                widget.name,
                widget.assistant,
                widget.origins,
                widget.created_at,
                MAX_WIDGETS,
            )
        return status == "INSERT 0 1"

    async def of_store(self, store_id: StoreId) -> Sequence[Widget]:
        """All widgets of a store, oldest first."""
        rows = await self._pool.fetch(
            """
            SELECT id, store_id, key, name, assistant, origins, created_at FROM widgets
            WHERE store_id = $1 ORDER BY created_at, id
            """,
            store_id,
        )
        return [_widget(row) for row in rows]

    async def of_key(self, key: str) -> Widget | None:
        """The widget that a page names."""
        row = await self._pool.fetchrow(
            "SELECT id, store_id, key, name, assistant, origins, created_at FROM widgets WHERE key = $1", key
        )
        return _widget(row) if row else None

    async def change(
        self, store_id: StoreId, widget_id: WidgetId, *, name: str, assistant: str | None, origins: Sequence[str]
    ) -> Widget | None:
        """Change a widget of the store; None if there is none. Its key stays."""
        row = await self._pool.fetchrow(
            """
            UPDATE widgets SET name = $3, assistant = $4, origins = $5 WHERE id = $2 AND store_id = $1
            RETURNING id, store_id, key, name, assistant, origins, created_at
            """,
            store_id,
            widget_id,
            name,
            assistant,
            origins,
        )
        return _widget(row) if row else None

    async def delete(self, store_id: StoreId, widget_id: WidgetId) -> bool:
        """Delete a widget of the store; tell whether there was one."""
        status = await self._pool.execute("DELETE FROM widgets WHERE id = $1 AND store_id = $2", widget_id, store_id)
        return status == "DELETE 1"


class WidgetTicketQueries:
    """The table `widget_tickets`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(  # noqa: PLR0913 - each has its name
        self,
        token_sha256: bytes,
        *,
        widget_id: WidgetId,
        origin: str,
        guest_id: UUID,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Insert a ticket, and delete those that were over at `now`."""
        await self._pool.execute(
            """
            WITH over AS (DELETE FROM widget_tickets WHERE expires_at <= $5)
            INSERT INTO widget_tickets (token_sha256, widget_id, origin, guest_id, expires_at)
            VALUES ($1, $2, $3, $4, $6)
            """,
            token_sha256,
            widget_id,
            origin,
            guest_id,
            now,
            expires_at,
        )

    async def take(self, token_sha256: bytes, *, widget_id: WidgetId, origin: str, now: datetime) -> UUID | None:
        """Delete the ticket that this widget got on a page of this origin, and return its guest; None if there is none.

        Of two that try, one gets it.
        """
        guest_id: UUID | None = await self._pool.fetchval(
            """
            DELETE FROM widget_tickets
            WHERE token_sha256 = $1 AND widget_id = $2 AND origin = $3 AND expires_at > $4
            RETURNING guest_id
            """,
            token_sha256,
            widget_id,
            origin,
            now,
        )
        return guest_id


def _widget(row: asyncpg.Record) -> Widget:
    return Widget(**{**row, "origins": tuple(row["origins"])})
