"""Apps talk to an assistant in a room at Daily: made for them, for nobody else, and gone afterwards."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time
from uuid import uuid4

import asyncpg
import pytest

from pipelines.daily import rooms, transport
from pipelines.daily.room_queries import RoomQueries
from pipelines.doors import rooms as door
from pipelines.limits import EndReason
from tests.daily_api import DOMAIN, DailyRest
from tests.daily_cloud import RATE_HZ
from tests.daily_world import DailyWorld, daily_world
from tests.doubles import Doubles


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[DailyWorld]:
    """A server whose callers ask what it is."""
    providers = Doubles(heard=lambda _audio: "what are you")
    async with daily_world(database_url, tmp_path, providers=providers) as opened:
        yield opened


async def test_an_app_talks_in_a_room_of_its_own(world: DailyWorld) -> None:
    """Greeted, heard and answered as at every other door; on record, and the room is gone."""
    caller = await world.enter()
    caller.tell("client-ready", {"version": "2.2.0", "about": {"library": "test"}})
    await world.until(lambda: bool(caller.said("bot-ready") and caller.said("bot-stopped-speaking")))
    (call,) = world.cloud.calls
    assert call.microphone is not None
    assert call.microphone.loud
    caller.say()
    await world.until(lambda: len(caller.said("bot-stopped-speaking")) == 2)
    caller.leave()
    (conversation,) = await world.conversations()
    assert (conversation["channel"], conversation["end_reason"]) == ("daily", "caller_left")
    assert world.rest.rooms == {}
    assert await world.pool.fetchval("SELECT count(*) FROM daily_rooms") == 0
    assert call.released


async def test_whoever_interrupts_is_listened_to(database_url: str, tmp_path: Path) -> None:
    """As at every other door: the answer stops, and what was heard of it is on record."""
    providers = Doubles(heard=lambda _audio: "what are you", seconds_per_word=0.5)
    async with daily_world(database_url, tmp_path, providers=providers) as world:
        caller = await world.enter()
        caller.tell("client-ready", {"version": "2.2.0", "about": {"library": "test"}})
        await world.greeted()
        (call,) = world.cloud.calls
        microphone = call.microphone
        assert microphone is not None
        two_words = len(microphone.pcm) + 2 * RATE_HZ
        await world.until(lambda: len(microphone.pcm) > two_words)
        caller.say()
        await world.until(lambda: bool(caller.said("user-transcription")))
        await world.until(lambda: bool(caller.said("bot-stopped-speaking")))
        caller.leave()
        await world.conversations()
        turns = await world.pool.fetch("SELECT speaker, interrupted FROM turns ORDER BY started_at LIMIT 2")
        assert [tuple(turn) for turn in turns] == [("assistant", True), ("caller", False)]


async def test_room_and_tokens_open_little_and_end(world: DailyWorld) -> None:
    """Private, for two; a token names its room, ends in whole seconds, and puts out whoever outstays it."""
    caller = await world.enter()
    (made,) = world.rest.asked_for("POST", "rooms")
    properties = made["properties"]
    assert (made["privacy"], properties["max_participants"], properties["eject_at_room_exp"]) == ("private", 2, True)
    ours, theirs = (body["properties"] for body in world.rest.asked_for("POST", "meeting-tokens"))
    for token in (ours, theirs):
        assert token["room_name"] == made["name"]
        assert token["eject_at_token_exp"]
        assert time() + 600 < token["exp"] <= time() + 800
    assert (ours["is_owner"], theirs["is_owner"], theirs["permissions"]["canSend"]) == (True, False, ["audio"])
    assert theirs["user_id"] == caller.user_id
    caller.leave()
    await world.conversations()


async def test_nobody_else_gets_into_a_room(world: DailyWorld) -> None:
    """Not without a token, and not as a third."""
    status, started = await world.start()
    assert status == 200
    with pytest.raises(PermissionError):
        world.cloud.enter(started["dailyRoom"])
    caller = world.cloud.enter(started["dailyRoom"], started["dailyToken"])
    with pytest.raises(PermissionError):
        world.cloud.enter(started["dailyRoom"], started["dailyToken"])
    caller.leave()
    await world.conversations()


@pytest.mark.parametrize(("others", "stays"), [("refuse", False), ("ignore", True)])
async def test_strangers_in_a_shared_room_are_no_callers(
    database_url: str, tmp_path: Path, others: str, *, stays: bool
) -> None:
    """They are put out or let be, as configured; nothing that they say or send counts, and nobody talks to them."""
    rest = DailyRest()
    rest.rooms["lobby"] = {"name": "lobby", "url": f"{DOMAIN}/lobby", "privacy": "public", "config": {}}
    async with daily_world(
        database_url, tmp_path, rest=rest, telephony_daily_room_url=f"{DOMAIN}/lobby", telephony_daily_others=others
    ) as world:
        early = world.cloud.enter(f"{DOMAIN}/lobby")
        caller = await world.enter()
        late = world.cloud.enter(f"{DOMAIN}/lobby", user_id="mallory")
        await world.until(lambda: early.present is stays and late.present is stays)
        if stays:
            late.tell("disconnect-bot")
            late.speak(seconds=0.6)
            late.leave()
        caller.tell("client-ready", {"version": "2.2.0", "about": {"library": "test"}})
        await world.until(lambda: bool(caller.said("bot-stopped-speaking")))
        caller.say()
        await world.until(lambda: len(caller.said("bot-stopped-speaking")) == 2)
        assert early.told == late.told == []
        status, refused = await world.start()
        assert (status, refused["error"]["code"]) == (503, "capacity_reached")
        (live,) = world.services.registry.sessions()
        live.end(EndReason.ENDED_BY_STORE)
        await world.until(lambda: not caller.present)
        await world.conversations()
        assert await world.pool.fetchval("SELECT count(*) FROM turns WHERE speaker = 'caller'") == 1
        assert set(rest.rooms) == {"lobby"}
        assert rest.deleted == []


async def test_what_an_app_sends_is_judged(world: DailyWorld) -> None:
    """One message that is too long ends it, like at the other doors."""
    caller = await world.enter()
    await world.greeted()
    caller.tell("client-message", {"t": "x", "d": "y" * 70_000})
    (conversation,) = await world.conversations()
    assert conversation["end_reason"] == "too_large"


async def test_a_flood_of_messages_ends_it(world: DailyWorld) -> None:
    """However short they are."""
    caller = await world.enter()
    for _ in range(60):
        caller.send({})
    await world.until(lambda: len(world.services.registry) == 0)


async def test_daily_refusing_a_room_is_said(world: DailyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, nothing is left, and making a room is not tried again, for it may have been made; also without an answer."""
    for status in (500, 401):
        world.rest.failures.append(status)
        answered, refused = await world.start()
        assert (answered, refused["error"]["code"]) == (503, "rooms_unavailable")
    monkeypatch.setattr("pipelines.daily.api.TIMEOUT_S", 0.1)
    world.rest.silent.add("rooms")
    answered, refused = await world.start()
    assert (answered, refused["error"]["code"]) == (503, "rooms_unavailable")
    assert len(world.rest.asked_for("POST", "rooms")) == 3
    assert len(world.services.registry) == 0


async def test_what_may_be_done_twice_is_tried_again(world: DailyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks too often waits, whatever they ask; a token that was lost is asked for once more."""
    monkeypatch.setattr("pipelines.daily.api.FIRST_PAUSE_S", 0.01)
    world.rest.failures.append(429)
    world.rest.stumbles["meeting-tokens"] = [503, 502]
    (await world.enter()).leave()
    assert len(world.rest.asked_for("POST", "rooms")) == 2
    assert len(world.rest.asked_for("POST", "meeting-tokens")) == 2 + 2
    await world.conversations()


async def test_a_refused_join_leaves_nothing(world: DailyWorld) -> None:
    """The app is told at once, and no empty room stays behind."""
    for error in ("not-allowed", "exp-token", "exp-room", "no-room"):
        world.cloud.join_error = error
        status, refused = await world.start()
        assert (status, refused["error"]["code"]) == (503, "rooms_unavailable")
        await world.until(lambda: world.rest.rooms == {})
    assert await world.conversations() == []


async def test_a_join_that_is_never_answered_is_given_up(world: DailyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """After our own time, not Daily's 19 s."""
    monkeypatch.setattr(transport, "JOIN_S", 0.2)
    world.cloud.deaf = True
    status, refused = await world.start()
    assert (status, refused["error"]["code"]) == (503, "rooms_unavailable")
    await world.until(lambda: world.rest.rooms == {})


async def test_whoever_does_not_come_is_not_waited_for(world: DailyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is free again, and there is no conversation."""
    monkeypatch.setattr(door, "CALLER_S", 0.1)
    status, _ = await world.start()
    assert status == 200
    assert await world.conversations() == []
    assert world.rest.rooms == {}


async def test_an_assistant_put_out_ends_the_conversation(world: DailyWorld) -> None:
    """The room's time is up, or somebody has put it out."""
    caller = await world.enter()
    await world.greeted()
    (name,) = world.rest.rooms
    world.rest.expire(name)
    (conversation,) = await world.conversations()
    assert conversation["end_reason"] in {"connection_lost", "caller_left"}
    assert not caller.present


async def test_rooms_of_a_killed_process_are_deleted_at_the_start(
    database_url: str, tmp_path: Path, pool: asyncpg.Pool
) -> None:
    """Only those of ours whose conversation is over, and in which no assistant is any more; never the fixed one."""
    rest = DailyRest()
    dead, alive = uuid4(), uuid4()
    queries = RoomQueries(pool)
    for one in (dead, alive):
        name = rooms.name_of(one)
        rest.rooms[name] = {"name": name, "url": f"{DOMAIN}/{name}", "privacy": "private", "config": {}}
        assert await queries.claim(name, one, made=True, now=datetime.now(UTC) - timedelta(hours=1))
    for name in ("theirs", "lobby"):
        rest.rooms[name] = {"name": name, "url": f"{DOMAIN}/{name}", "privacy": "public", "config": {}}
    assert await queries.claim("lobby", dead, made=False, now=datetime.now(UTC) - timedelta(hours=1))
    rest.present[rooms.name_of(alive)] = {"p": rooms.ASSISTANT}
    async with daily_world(database_url, tmp_path, rest=rest, telephony_daily_room_url=f"{DOMAIN}/lobby") as world:
        await world.until(lambda: rooms.name_of(dead) not in rest.rooms)
        # And it can be talked in again.
        (await world.enter()).leave()
        await world.conversations()
    assert set(rest.rooms) == {rooms.name_of(alive), "theirs", "lobby"}
