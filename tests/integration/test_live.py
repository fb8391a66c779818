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
from pipelines.limits import CloseCode
from pipelines.live import commands
from pipelines.live.telling import channel_of
from pipelines.watch import ENDED_BY_STORE
from tests.doubles import Doubles
from tests.live_world import LiveWorld, Staff, two_processes, until


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


async def test_a_whisper_is_followed_by_the_next_answer(database_url: str, tmp_path: Path) -> None:
    """The model is told; what it says is not the whisper; the record shows it to the store, and not to the caller."""
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "We have a special offer for you today."

    doubles = Doubles(heard=lambda _audio: "What would you plant in your own garden?", answer=answer)
    async with two_processes(database_url, tmp_path, providers=doubles) as world:
        async with world.here.call() as caller:
            conversation_id = (await world.staff.on_record())["id"]
            await caller.hear("bot-stopped-speaking")
            whisper = {"text": "Offer them ten percent off."}
            assert (await world.staff.ask("POST", f"/live/{conversation_id}/whisper", whisper)).status == 204
            await caller.say()
            await caller.hear("bot-stopped-speaking")
            assert "Offer them ten percent off." in asked[0]
            await caller.say()
            await until(lambda: len(asked) > 1)
            assert "ten percent" not in asked[1]
        await world.here.empty()
        turns = (await world.staff.told("GET", f"/conversations/{conversation_id}"))["turns"]
        whispers = [turn for turn in turns if turn["whispered"]]
        assert [(turn["speaker"], turn["text"]) for turn in whispers] == [("staff", whisper["text"])]
        assert not any("ten percent" in turn["text"] for turn in turns if not turn["whispered"])
        assert (await world.staff.told("GET", "/conversations?q=percent"))["conversations"]
        assert (await world.here.as_user("/conversations?q=percent"))["conversations"] == []
        seen = await world.here.as_user(f"/conversations/{conversation_id}")
        assert [turn["position"] for turn in seen["turns"]] == [t["position"] for t in turns if not t["whispered"]]


async def test_a_call_that_the_store_ends_ends_with_a_goodbye(world: LiveWorld) -> None:
    """Heard to its end, whatever was being said before."""
    async with world.here.call() as caller:
        conversation_id = (await world.staff.on_record())["id"]
        assert (await world.staff.ask("POST", f"/live/{conversation_id}/end")).status == 204
        assert await caller.closing() == CloseCode.GOODBYE
        assert ENDED_BY_STORE in caller.said()
    await world.here.empty()
    ended = await world.staff.told("GET", f"/conversations/{conversation_id}")
    assert ended["end_reason"] == "ended_by_store"
    notes = (await world.staff.told("GET", "/audit"))["events"]
    assert notes[0]["about"] == {"conversation_id": conversation_id}


async def test_what_is_not_there_to_act_on_is_refused(world: LiveWorld) -> None:
    """Another store's conversation is as missing as none; one that is over is told to be."""
    async with world.here.call():
        conversation_id = (await world.staff.on_record())["id"]
        for path, body in (
            (f"/live/{conversation_id}/end", None),
            (f"/live/{conversation_id}/whisper", {"text": "Hi"}),
        ):
            assert await world.others.refused("POST", path, body) == (404, "conversation_not_found")
    await world.here.empty()
    assert await world.staff.refused("POST", f"/live/{conversation_id}/end") == (409, "conversation_over")


async def test_a_process_that_does_not_answer_is_told_of(
    world: LiveWorld, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it longer than a moment; here it was killed a second ago."""
    monkeypatch.setattr(commands, "ANSWER_WITHIN_S", 0.1)
    conversation_id = await pool.fetchval(
        """
        WITH place AS (
            INSERT INTO voice_places (id, principal_id, store_id, started_at, held_until)
            SELECT gen_random_uuid(), id, store_id, now(), now() + interval '20 s' FROM assistants
            RETURNING id, store_id, principal_id
        )
        INSERT INTO conversations (id, store_id, assistant_id, channel, started_at)
        SELECT id, store_id, principal_id, 'webrtc', now() FROM place
        RETURNING id
        """
    )
    refused = await world.staff.refused("POST", f"/live/{conversation_id}/end")
    assert refused == (504, "conversation_silent")
