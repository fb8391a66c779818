"""What a store sees and does of its conversations while they go on; they run in another process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from auth.notices.listening import Notices
from auth.notices.queries import NoticeFeed, NoticeQueries
from auth.principals import StoreId
from pipelines.live.telling import channel_of
from tests.live_world import LiveWorld, Staff, two_processes


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[LiveWorld]:
    """Two processes."""
    async with two_processes(database_url, tmp_path) as world:
        yield world


async def test_a_store_sees_who_talks_to_it_in_any_process(world: LiveWorld) -> None:
    """Its own conversations, with whom, and no longer than they last."""
    assert await world.staff.running() == []
    async with world.here.call():
        seen = await world.staff.on_record()
        assert (seen["caller"], seen["assistant"], seen["assistant_version"]) == ("Sam", "Ivy", 1)
        assert (seen["channel"], seen["id"]) == ("websocket", str(world.here.services.registry.sessions()[0].id))
        assert await world.others.running() == []
        assert (await world.staff.told("GET", "/overview"))["live_calls"] == 1
    await world.here.empty()
    assert await world.staff.running() == []


async def test_words_are_told_while_they_are_spoken(world: LiveWorld) -> None:
    """The caller's as they are recognised, the assistant's as they begin to be heard, then the turns on record."""
    async with world.staff.watching() as stream:
        assert (await stream.next("conversations"))["conversations"] == []
        async with world.here.call() as caller:
            running = await stream.next("started")
            listed = (await stream.next("conversations"))["conversations"]
            assert [each["id"] for each in listed] == [running["conversation_id"]]
            greeting = await stream.next("assistant")
            assert greeting["text"].startswith("Hello")
            await caller.hear("bot-stopped-speaking")
            turn = (await stream.next("turn"))["turn"]
            assert (turn["position"], turn["speaker"]) == (0, "assistant")
            await caller.say()
            assert await stream.next("caller") == {
                "type": "caller",
                "conversation_id": running["conversation_id"],
                "text": "hello there",
                "final": True,
            }
            assert (await stream.next("assistant"))["text"]
            assert (await stream.next("latency"))["latency_ms"]["on_wire"] is not None
        assert (await stream.next("ended"))["end_reason"]
        assert (await stream.next("conversations"))["conversations"] == []


async def test_only_the_own_store_is_told(world: LiveWorld) -> None:
    """Another store's stream has nothing in it but its own empty list."""
    async with world.others.watching() as foreign, world.staff.watching() as stream:
        await foreign.next("conversations")
        await stream.next("conversations")
        async with world.here.call():
            await stream.next("assistant")
        await stream.next("ended")
        assert foreign.told == ["conversations"]


async def test_a_stream_ends_with_the_sign_in(world: LiveWorld) -> None:
    """Signed out in another process: the stream says so and ends."""
    staff = Staff(world.there, await world.there.log_in("store"))
    async with staff.watching() as stream:
        await stream.next("conversations")
        elsewhere = Staff(world.here, world.staff.bearer)
        assert (await elsewhere.ask("DELETE", "/sessions")).status == 204
        assert (await stream.next("closing"))["reason"] == "signed_out"
        assert await stream.over()


async def test_what_nobody_watches_is_not_told(world: LiveWorld, database_url: str, pool: asyncpg.Pool) -> None:
    """A call without watchers sends nothing to anybody."""
    store_id = StoreId(UUID((await world.staff.told("GET", "/me"))["id"]))
    told: asyncio.Queue[str] = asyncio.Queue()
    notices = Notices(NoticeFeed(database_url))
    notices.always(channel_of(store_id), told.put_nowait)
    async with notices.kept():
        async with world.here.call() as caller:
            await caller.say()
            await caller.hear("bot-stopped-speaking")
        await world.here.empty()
        await NoticeQueries(pool).send(channel_of(store_id), "the first")
        assert await told.get() == "the first"
