"""Webhooks and their deliveries in PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from auth.http.pages import Cursor
from auth.principals import StoreId
from pipelines.after.job_queries import Connection, Job, defer
from pipelines.events.records import Attempt, Delivery, DeliveryId, Due, Event, Webhook, WebhookId

MAX_WEBHOOKS = 10


async def publish(
    connection: Connection, event: Event, conversation_id: UUID, about: Mapping[str, object], *, at: datetime
) -> None:
    """Tell a store's endpoints what happened in a conversation; part of the transaction in which it did.

    `about` goes out as JSON.
    """
    data = {"conversation_id": conversation_id, **about}
    event_id = uuid4()
    payload = json.dumps({"id": str(event_id), "type": event, "at": at.isoformat(), "data": data}, default=str)
    rows = await connection.fetch(
        """
        INSERT INTO webhook_deliveries (id, webhook_id, conversation_id, event_id, event, payload, created_at)
        SELECT gen_random_uuid(), id, $1, $3, $2, $4, $5 FROM webhooks
        WHERE store_id = (SELECT store_id FROM conversations WHERE id = $1) AND disabled_at IS NULL AND $2 = ANY(events)
        RETURNING id
        """,
        conversation_id,
        event,
        event_id,
        payload,
        at,
    )
    for row in rows:
        await defer(connection, Job.DELIVER, delivery_id=str(row["id"]), attempt="1")


class WebhookQueries:
    """The tables `webhooks` and `webhook_deliveries`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, webhook: Webhook, store_id: StoreId) -> bool:
        """Insert an endpoint, unless the store has MAX_WEBHOOKS; tell whether."""
        async with self._pool.acquire() as connection, connection.transaction():
            # Two requests at once do not both count to nine.
            await connection.execute("SELECT FROM stores WHERE id = $1 FOR UPDATE", store_id)
            status = await connection.execute(
                """
                INSERT INTO webhooks (id, store_id, url, events, created_at)
                SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM webhooks WHERE store_id = $2) < $6
                """,
                webhook.id,
                store_id,
                webhook.url,
                webhook.events,
                webhook.created_at,
                MAX_WEBHOOKS,
            )
        return status == "INSERT 0 1"

    async def of_store(self, store_id: StoreId) -> Sequence[Webhook]:
        """All endpoints, oldest first."""
        rows = await self._pool.fetch(
            """
            SELECT id, url, events, created_at, failing_since, disabled_at FROM webhooks
            WHERE store_id = $1 ORDER BY created_at, id
            """,
            store_id,
        )
        return [Webhook(**row) for row in rows]

    async def enable(self, store_id: StoreId, webhook_id: WebhookId) -> bool:
        """Send to it again; tell whether it is there."""
        status = await self._pool.execute(
            "UPDATE webhooks SET disabled_at = NULL, failing_since = NULL WHERE id = $1 AND store_id = $2",
            webhook_id,
            store_id,
        )
        return status == "UPDATE 1"

    async def delete(self, store_id: StoreId, webhook_id: WebhookId) -> bool:
        """Delete it with its log; tell whether it was there."""
        status = await self._pool.execute("DELETE FROM webhooks WHERE id = $1 AND store_id = $2", webhook_id, store_id)
        return status == "DELETE 1"

    async def deliveries(
        self, store_id: StoreId, webhook_id: WebhookId, *, before: Cursor, limit: int
    ) -> Sequence[Delivery] | None:
        """The log of an endpoint behind `before`, newest first; None if the store has no such endpoint."""
        if not await self._pool.fetchval(
            "SELECT true FROM webhooks WHERE id = $1 AND store_id = $2", webhook_id, store_id
        ):
            return None
        rows = await self._pool.fetch(
            """
            SELECT id, event_id, event, created_at, state, attempts, tried_at, took_ms, status, error
            FROM webhook_deliveries
            WHERE webhook_id = $1 AND (created_at, id) < ($2, $3)
            ORDER BY created_at DESC, id DESC LIMIT $4
            """,
            webhook_id,
            before.at,
            before.id,
            limit,
        )
        return [Delivery(**row) for row in rows]

    async def replay(self, store_id: StoreId, delivery_id: DeliveryId, *, now: datetime) -> bool:
        """Send once more what was sent or given up, as a delivery of its own; tell whether it is there."""
        async with self._pool.acquire() as connection, connection.transaction():
            replayed = await connection.fetchval(
                """
                INSERT INTO webhook_deliveries
                    (id, webhook_id, conversation_id, event_id, event, payload, created_at)
                SELECT gen_random_uuid(), d.webhook_id, d.conversation_id, d.event_id, d.event, d.payload, $3
                FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
                WHERE d.id = $1 AND w.store_id = $2
                RETURNING id
                """,
                delivery_id,
                store_id,
                now,
            )
            if replayed:
                await defer(connection, Job.DELIVER, delivery_id=str(replayed), attempt="1")
        return replayed is not None

    async def due(self, delivery_id: DeliveryId, attempt: int) -> Due | None:
        """What to send, unless this attempt has been made, or the endpoint is gone or disabled."""
        row = await self._pool.fetchrow(
            """
            SELECT d.id AS delivery_id, w.id AS webhook_id, w.store_id, w.url, d.event_id, d.payload, d.created_at
            FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
            WHERE d.id = $1 AND d.attempts = $2 - 1 AND d.state = 'waiting' AND w.disabled_at IS NULL
            """,
            delivery_id,
            attempt,
        )
        return Due(**row) if row else None

    async def postpone(self, delivery_id: DeliveryId, attempt: int, *, at: datetime) -> None:
        """Have this attempt made then."""
        async with self._pool.acquire() as connection:
            await defer(connection, Job.DELIVER, at=at, delivery_id=str(delivery_id), attempt=str(attempt))

    async def note(self, due: Due, attempt: Attempt, *, disable_if_failing_since: datetime) -> bool:
        """Log an attempt, and have the next one made; tell whether the endpoint was disabled by this one."""
        state = "delivered" if attempt.delivered else "waiting" if attempt.again_at else "failed"
        async with self._pool.acquire() as connection, connection.transaction():
            noted = await connection.execute(
                """
                UPDATE webhook_deliveries
                SET attempts = $2, state = $3, tried_at = $4, took_ms = $5, status = $6, error = $7
                WHERE id = $1 AND attempts = $2 - 1
                """,
                due.delivery_id,
                attempt.number,
                state,
                attempt.at,
                attempt.took_ms,
                attempt.status,
                attempt.error,
            )
            if noted != "UPDATE 1":
                return False
            if attempt.again_at:
                number = str(attempt.number + 1)
                await defer(
                    connection, Job.DELIVER, at=attempt.again_at, delivery_id=str(due.delivery_id), attempt=number
                )
            if attempt.delivered:
                await connection.execute(
                    "UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL",
                    due.webhook_id,
                )
                return False
            return bool(
                await connection.fetchval(
                    """
                    UPDATE webhooks SET
                        failing_since = coalesce(failing_since, $2),
                        disabled_at = CASE WHEN failing_since < $3 THEN $2::timestamptz END
                    WHERE id = $1 AND disabled_at IS NULL
                    RETURNING disabled_at IS NOT NULL
                    """,
                    due.webhook_id,
                    attempt.at,
                    disable_if_failing_since,
                )
            )

    async def forget(self, *, before: datetime) -> None:
        """Delete the log from before then."""
        await self._pool.execute("DELETE FROM webhook_deliveries WHERE created_at < $1", before)
