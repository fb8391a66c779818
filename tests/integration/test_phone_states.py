"""A call goes from ringing to live to ended, each step once, in whichever order its steps are told."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import permutations
from uuid import uuid4

import asyncpg

from auth.principals import StoreId
from pipelines.conversations.records import Direction
from telephony.call_queries import CallQueries
from telephony.calls import Bill, Call, CallId, CallState, Provider

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def test_every_order_of_steps_comes_to_the_same(pool: asyncpg.Pool) -> None:
    """The first end counts and is told once, nothing opens what is over, and what is known by then stays known."""
    store_id = StoreId(uuid4())
    await pool.execute(
        "INSERT INTO stores (id, slug, name, email, password_hash) VALUES ($1, 's', 's', 's@s', 'h')", store_id
    )
    calls = CallQueries(pool)

    async def media(call_id: CallId) -> bool:
        return await calls.go_live(call_id, stream=0, now=NOW, held_until=NOW) is not None

    async def media_again(call_id: CallId) -> bool:
        return await calls.go_live(call_id, stream=0, now=NOW, held_until=NOW) is not None

    async def media_over(call_id: CallId) -> bool:
        return await calls.end(call_id, "caller_left", now=NOW)

    async def status(call_id: CallId) -> bool:
        await calls.bill(call_id, Bill(duration_s=7))
        return await calls.end(call_id, "carrier_ended", now=NOW)

    async def answered_by(call_id: CallId) -> bool:
        await calls.hear(call_id, "human")
        return True

    steps: list[Callable[[CallId], Awaitable[bool]]] = [media, media_again, media_over, status, answered_by]
    for order in permutations(steps):
        call = Call(
            id=CallId(uuid4()),
            provider=Provider.TWILIO,
            store_id=store_id,
            direction=Direction.INBOUND,
            number="+12025550123",
            started_at=NOW,
        )
        await calls.ring(call)
        taken = [step for step in order if await step(call.id)]
        ends = [step for step in order if step in {media_over, status}]
        opens = [step for step in order if step in {media, media_again}]
        lives = order.index(opens[0]) < order.index(ends[0])
        assert taken == [step for step in order if step in {answered_by, ends[0]} or (lives and step is opens[0])], (
            order
        )
        after = await calls.get(call.id)
        assert after is not None
        assert (after.state, after.answered_by, after.duration_s) == (CallState.ENDED, "human", 7)
        assert after.end_reason == {media_over: "caller_left", status: "carrier_ended"}[ends[0]]
        assert (after.live_at is not None, after.streams) == (lives, int(lives))
