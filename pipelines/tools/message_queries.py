"""Messages in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.http.pages import Cursor
from auth.principals import StoreId
from pipelines.tools.messages import InboxUnavailable, Message, MessageId, MessageStatus

# A caller is waiting for the answer.
WRITE_TIMEOUT_S = 2.0

_COLUMNS = "id, store_id, conversation_id, taken_at, name, number, text, confirmed, done_at"
_WANTED = {None: "true", MessageStatus.OPEN: "done_at IS NULL", MessageStatus.DONE: "done_at IS NOT NULL"}


class MessageQueries:
    """The table `messages`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keep(self, message: Message) -> None:
        """Insert a message, or change what it says. Raises InboxUnavailable."""
        async with _unavailable():
            await self._pool.execute(
                """
                INSERT INTO messages (id, store_id, conversation_id, taken_at, name, number, text, confirmed)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name, number = excluded.number, text = excluded.text,
                    confirmed = excluded.confirmed
                """,
                message.id,
                message.store_id,
                message.conversation_id,
                message.taken_at,
                message.name,
                message.number,
                message.text,
                message.confirmed,
                timeout=WRITE_TIMEOUT_S,
            )

    async def drop(self, message_id: MessageId) -> None:
        """Forget a message that the caller took back. Raises InboxUnavailable."""
        async with _unavailable():
            await self._pool.execute("DELETE FROM messages WHERE id = $1", message_id, timeout=WRITE_TIMEOUT_S)

    async def page(
        self, store_id: StoreId, status: MessageStatus | None, *, before: Cursor, limit: int
    ) -> Sequence[Message]:
        """The store's messages behind `before`, newest first."""
        rows = await self._pool.fetch(
            f"""
            SELECT {_COLUMNS} FROM messages
            WHERE store_id = $1 AND (taken_at, id) < ($2, $3) AND {_WANTED[status]}
            ORDER BY taken_at DESC, id DESC
            LIMIT $4
            """,  # noqa: S608 - names and conditions of ours
            store_id,
            before.at,
            before.id,
            limit,
        )
        return [Message(**row) for row in rows]

    async def set_done(self, store_id: StoreId, message_id: UUID, *, done_at: datetime | None) -> Message | None:
        """Mark a message of the store's as done or open; None if there is no such message."""
        row = await self._pool.fetchrow(
            f"""
            UPDATE messages
            -- Done twice is done the first time.
            SET done_at = CASE WHEN $3::timestamptz IS NULL THEN NULL ELSE coalesce(done_at, $3) END
            WHERE id = $2 AND store_id = $1
            RETURNING {_COLUMNS}
            """,  # noqa: S608 - names of ours
            store_id,
            message_id,
            done_at,
        )
        return Message(**row) if row else None

    async def delete(self, store_id: StoreId, message_id: UUID) -> bool:
        """Delete a message of the store's; False if there is no such message."""
        deleted = await self._pool.fetchval(
            "DELETE FROM messages WHERE id = $2 AND store_id = $1 RETURNING true", store_id, message_id
        )
        return deleted is not None


@asynccontextmanager
async def _unavailable() -> AsyncIterator[None]:
    try:
        yield
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise InboxUnavailable(type(error).__name__) from error
