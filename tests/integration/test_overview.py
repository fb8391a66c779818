"""The figures of a store's line, counted by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from auth.http.asking import PRINCIPAL
from auth.principals import Kind, Principal, SessionId
from pipelines.overview.api import OverviewApi
from pipelines.overview.queries import OverviewQueries
from tests.contract import watch

# 8 PM on the first of March in New York.
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


async def _store(pool: asyncpg.Pool, name: str, draft: str) -> UUID:
    store_id: UUID = await pool.fetchval(
        "INSERT INTO stores (email, name, slug, password_hash) VALUES ($1 || '@e.af', $1, $1, '-') RETURNING id", name
    )
    await pool.execute(
        "INSERT INTO assistants (id, store_id, slug, is_default, draft) VALUES ($1, $1, 'ivy', true, $2)",
        store_id,
        draft,
    )
    return store_id


async def _talked(pool: asyncpg.Pool, store_id: UUID, *, ago: timedelta, bases: tuple[str, ...] = ()) -> UUID:
    """A call of three minutes, whose answers stood on `bases` and took 100 ms, 200 ms and so on."""
    conversation_id = uuid4()
    await pool.execute(
        """
        INSERT INTO conversations (id, store_id, assistant_id, channel, started_at, ended_at, end_reason)
        VALUES ($1, $2, $2, 'websocket', $3::timestamptz, $3 + interval '3 minutes', 'caller_left')
        """,
        conversation_id,
        store_id,
        NOW - ago,
    )
    for position, basis in enumerate(bases, start=1):
        await pool.execute(
            """
            INSERT INTO turns (conversation_id, position, speaker, text, started_at, ended_at, interrupted, on_wire_ms,
                               basis, sources)
            VALUES ($1, $2, 'assistant', 'Four.', $3, $3, false, 100 * $2, $4,
                    CASE WHEN $4 = 'price' THEN '[{"entry_id": "-", "title": "basil"}]'::jsonb ELSE '[]' END)
            """,
            conversation_id,
            position,
            NOW - ago,
            basis,
        )
    return conversation_id


async def _overview(pool: asyncpg.Pool, store_id: UUID) -> dict[str, Any]:
    @web.middleware
    async def signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[PRINCIPAL] = Principal(Kind.STORE, store_id, SessionId(uuid4()), expires_at=NOW)
        return await handler(request)

    app = web.Application(middlewares=[signed_in, watch])
    app.add_routes([web.get("/overview", OverviewApi(OverviewQueries(pool), now=lambda: NOW).overview)])
    async with TestClient(TestServer(app)) as client:
        told: dict[str, Any] = await (await client.get("/overview")).json()
        return told


async def test_the_figures_are_those_of_thirty_days_of_the_store(pool: asyncpg.Pool) -> None:
    """Days begin at the store's midnight; what is older, or another store's, does not count."""
    store_id = await _store(pool, "leaf", '{"time_zone": "America/New_York"}')
    other = await _store(pool, "root", "{}")
    bases = ("price", "price", "hours", "unknown", "small_talk")
    conversation_id = await _talked(pool, store_id, ago=timedelta(hours=1), bases=bases)
    await _talked(pool, store_id, ago=timedelta(hours=20, minutes=30))
    await _talked(pool, store_id, ago=timedelta(days=31), bases=("unknown",))
    await _talked(pool, other, ago=timedelta(hours=1), bases=("unknown",))
    for done_at in (None, NOW):
        await pool.execute(
            """
            INSERT INTO messages (id, store_id, conversation_id, taken_at, text, confirmed, done_at)
            VALUES ($1, $2, $3, $4, 'Call me.', true, $5)
            """,
            uuid4(),
            store_id,
            conversation_id,
            NOW,
            done_at,
        )
    told = await _overview(pool, store_id)
    assert told["today"] == {"day": "2026-03-01", "calls": 1, "minutes": 3.0}
    assert len(told["days"]) == 30
    assert [day for day in told["days"] if day["calls"]] == [
        {"day": "2026-02-28", "calls": 1, "minutes": 3.0},
        told["today"],
    ]
    assert (told["answered_share"], told["latency_median_ms"], told["latency_p95_ms"]) == (0.75, 300, 480)
    assert told["asked_most"] == [{"topic": "basil", "times": 2}, {"topic": "Opening hours", "times": 1}]
    assert (told["messages_waiting"], told["live_calls"]) == (1, 0)


async def test_a_new_store_has_no_figures(pool: asyncpg.Pool) -> None:
    """Nothing to count is null, not a perfect score."""
    told = await _overview(pool, await _store(pool, "leaf", "{}"))
    assert told["time_zone"] == "UTC"
    assert (told["answered_share"], told["latency_median_ms"], told["asked_most"]) == (None, None, [])
