"""Calls over Daily that come in, from the first ring to the end."""

import base64
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from uuid import uuid4

import pytest
from yarl import URL

from auth.tokens.keys import shared_secret
from pipelines.conversations.records import Direction
from pipelines.daily.rooms import name_of
from server.demo import STORE_SLUG
from telephony.calls import Call, CallId, Provider
from telephony.daily.signatures import SIGNATURE, TIMESTAMP
from telephony.number_queries import NumberQueries
from telephony.reconciling import Reconciling
from telephony.twilio.simulator.leg import new_sid
from telephony.twilio.simulator.network import Account, Simulator
from tests.clock import Clock
from tests.daily_api import KEY
from tests.daily_phone import (
    CALLER,
    caller_of,
    dial,
    ended,
    ended_call,
    on_record,
    post,
    ring,
    shown,
    signed,
    signed_call,
    told,
)
from tests.daily_world import NUMBER, TWILIO, DailyWorld, daily_world
from tests.doubles import Doubles

RECORDED = "This call is recorded."


@pytest.fixture
def clock() -> Clock:
    """Today's time."""
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the server's keys lie."""
    return tmp_path


@pytest.fixture
async def world(database_url: str, folder: Path, clock: Clock) -> AsyncIterator[DailyWorld]:
    """A server that can be rung up, and whose callers ask what it is."""
    providers = Doubles(heard=lambda _audio: "what are you")
    async with daily_world(database_url, folder, providers=providers, now=clock) as opened:
        yield opened


async def test_a_caller_is_put_through_greeted_heard_and_answered(world: DailyWorld, folder: Path) -> None:
    """The number called picks the store; what is said and dialled is on record, and no room is left."""
    call_id = await ring(world, folder)
    caller = await caller_of(world)
    assert world.rest.held == {}
    caller.press("4")
    caller.press("2")
    caller.press("#")
    await world.until(lambda: bool(world.services.registry.sessions()))
    await on_record(world, "42#")
    caller.leave()
    assert await ended(world, call_id) == "caller_left"
    (conversation,) = await world.conversations()
    assert (conversation["channel"], conversation["caller_number"]) == ("phone", CALLER)
    _, page = await world.ask("GET", "store/phone/calls")
    (call,) = page["calls"]
    assert (call["provider"], call["conversation_id"]) == ("daily", conversation["id"])
    assert world.rest.rooms == {}


async def test_daily_signs_in_seconds_or_milliseconds(world: DailyWorld, folder: Path) -> None:
    """Both are seen."""
    body = told(str(uuid4()), number="+12025550100")
    for milliseconds in (True, False):
        headers = signed(folder, body, at=datetime.now(UTC).timestamp(), milliseconds=milliseconds)
        assert await post(world, body, headers) == 200


async def test_an_old_webhook_is_refused(world: DailyWorld, folder: Path) -> None:
    """Its signature is good and its time is over, in either unit; nor may it come from the future."""
    body = told(str(uuid4()))
    for age_s, milliseconds in product((301, -301), (True, False)):
        headers = signed(folder, body, at=datetime.now(UTC).timestamp() - age_s, milliseconds=milliseconds)
        assert await post(world, body, headers) == 403
    assert await world.pool.fetchval("SELECT count(*) FROM phone_calls") == 0


async def test_an_unsigned_dialin_is_refused(world: DailyWorld, folder: Path) -> None:
    """Without signature, with a wrong one, with the time of another, or with another body."""
    body = told(str(uuid4()))
    good = signed(folder, body, at=datetime.now(UTC).timestamp())
    stamp = int(good[TIMESTAMP])
    for change in (
        {SIGNATURE: None},
        {TIMESTAMP: None},
        {SIGNATURE: "bm9uc2Vuc2U="},
        {TIMESTAMP: str(stamp + 1)},
        {TIMESTAMP: "-1"},
        {TIMESTAMP: "9" * 40},
    ):
        headers = {name: value for name, value in (good | change).items() if value is not None}
        assert await post(world, body, headers) == 403, change
    assert await post(world, body + b" ", good) == 403
    assert await world.pool.fetchval("SELECT count(*) FROM phone_calls") == 0


async def test_dailys_test_is_answered(world: DailyWorld) -> None:
    """200 when a number is set up, and nothing follows from it."""
    for body in (b"{}", b'{"Test": "test"}', b'{"To": "+12025550123"}'):
        assert await post(world, body, {"Content-Type": "application/json"}) == 200
    assert world.rest.asked_for("POST", "rooms") == []


async def test_what_is_no_call_is_refused(world: DailyWorld, folder: Path) -> None:
    """Even if it were signed."""
    for body in (b"", b"[]", b"\xff", b'{"callId": 7}', b'{"callId": "\\u0000"}'):
        assert await post(world, body, signed(folder, body, at=datetime.now(UTC).timestamp())) == 403, body


async def test_a_call_is_claimed_once(world: DailyWorld, folder: Path) -> None:
    """However often its webhook comes, also a replay of it: one room, one conversation."""
    call_id = str(uuid4())
    for _ in range(3):
        await ring(world, folder, call_id=call_id)
    (await caller_of(world)).leave()
    assert await ended(world, call_id) == "caller_left"
    assert len(world.rest.asked_for("POST", "rooms")) == 1
    await ring(world, folder, call_id=call_id)
    assert len(await world.conversations()) == 1


async def test_putting_through_is_tried_while_music_plays(
    world: DailyWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Daily stumbles for a while; the caller does not notice."""
    monkeypatch.setattr("pipelines.daily.api.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("pipelines.daily.api.LONGEST_PAUSE_S", 0.02)
    world.rest.stumbles["dialin/pinlessCallUpdate"] = [503] * 5
    call_id = await ring(world, folder)
    (await caller_of(world)).leave()
    assert await ended(world, call_id) == "caller_left"
    assert len(world.rest.asked_for("POST", "dialin/pinlessCallUpdate")) == 6


async def test_a_caller_who_cannot_be_put_through_costs_nothing(
    world: DailyWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the music is over nobody tries any more, and no room is left; there is no conversation."""
    monkeypatch.setattr("telephony.daily.calls.HOLD_S", 0.5)
    world.rest.stumbles["dialin/pinlessCallUpdate"] = [503] * 100
    call_id = await ring(world, folder)
    assert await ended(world, call_id) == "carrier_failed"
    assert world.rest.rooms == {}
    assert await world.conversations() == []


@pytest.mark.parametrize("fail", ["room", "join"])
async def test_a_call_that_gets_no_room_ends(world: DailyWorld, folder: Path, fail: str) -> None:
    """Daily makes none, or does not let us in."""
    if fail == "room":
        world.rest.failures.append(500)
    else:
        world.cloud.join_error = "exp-token"
    call_id = await ring(world, folder)
    assert await ended(world, call_id) == "carrier_failed"
    assert world.rest.rooms == {}


async def test_who_is_recorded_is_told_first(database_url: str, folder: Path) -> None:
    """By telephone as everywhere."""
    async with daily_world(database_url, folder, recordings="on") as world:
        call_id = await ring(world, folder)
        caller = await caller_of(world)
        await on_record(world, RECORDED)
        caller.leave()
        assert await ended(world, call_id) == "caller_left"
        assert list((folder / "recordings").rglob("*.ogg"))


async def test_callers_are_held_to_the_limits_of_all(database_url: str, folder: Path) -> None:
    """One more than may talk gets no room; who calls again while they talk, neither."""
    async with daily_world(database_url, folder, voice_max_sessions=1) as world:
        first = await ring(world, folder)
        caller = await caller_of(world)
        assert await ended_call(world, await ring(world, folder)) == "turned_away"
        assert len(world.rest.asked_for("POST", "rooms")) == 1
        caller.leave()
        await ended(world, first)


async def test_whoever_hangs_up_on_hold_is_not_waited_for(
    world: DailyWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nobody on hold to be put through; or they were put through, and are not there."""
    monkeypatch.setattr("telephony.daily.phone_rest.FORWARDING_PAUSE_S", 0.01)
    monkeypatch.setattr("telephony.daily.calls.CONNECT_S", 0.1)
    world.rest.hangs_up = True
    assert await ended(world, await ring(world, folder)) == "not_connected"
    assert len(world.rest.asked_for("POST", "dialin/pinlessCallUpdate")) == 3
    world.rest.hangs_up = False
    world.rest.put_through = lambda _call, _room: None
    assert await ended(world, await ring(world, folder)) == "not_connected"
    assert world.rest.rooms == {}


async def test_a_goodbye_ends_the_call(database_url: str, folder: Path) -> None:
    """Who has said it is hung up on: deleting the room alone would not do that."""
    async with daily_world(database_url, folder, providers=Doubles(heard=lambda _audio: "Goodbye.")) as world:
        call_id = await ring(world, folder)
        caller = await caller_of(world)
        caller.say()
        assert await ended(world, call_id) == "said_goodbye"
        assert not caller.present
        assert world.rest.rooms == {}


async def test_nothing_secret_is_logged(
    written: io.StringIO, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither keys, tokens and signatures nor numbers in full, whatever goes wrong, at the most talkative level."""
    monkeypatch.setattr("pipelines.daily.api.FIRST_PAUSE_S", 0.01)
    async with daily_world(database_url, folder) as world:
        (await world.enter()).leave()
        await world.conversations()
        world.rest.stumbles["dialin/pinlessCallUpdate"] = [503]
        call_id = await ring(world, folder)
        (await caller_of(world)).leave()
        await ended(world, call_id)
        world.cloud.join_error = "exp-token"
        await ended(world, await ring(world, folder))
        body = told(str(uuid4()))
        assert await post(world, body, {SIGNATURE: "bm9uc2Vuc2U=", TIMESTAMP: "1"}) == 403
        signing = base64.b64encode(shared_secret(folder / "keys" / "daily.key")).decode()
        secrets = [KEY, signing, "bm9uc2Vuc2U=", "secret detail", CALLER, NUMBER, *world.rest.tokens]
    logs = written.getvalue()
    assert "daily_call_not_carried" in logs
    assert [secret for secret in secrets if secret in logs] == []


async def test_both_carriers_are_answered_at_once(database_url: str, folder: Path) -> None:
    """Each number over the network that it is of, and calls from it over that; neither answers for the other."""
    theirs = "+12025550100"
    async with daily_world(
        database_url, folder, providers=Doubles(), telephony_provider=("twilio", "daily"), **TWILIO
    ) as world:
        await NumberQueries(world.pool).assign(theirs, Provider.TWILIO, STORE_SLUG, now=datetime.now(UTC))
        sid, token = TWILIO["telephony_twilio_account_sid"], TWILIO["telephony_twilio_auth_token"]
        account = Account(server=world.url, public_url=URL("http://store.localhost"), account_sid=sid, auth_token=token)
        simulator, call_sid = Simulator(world.http, account), new_sid("CA")
        twiml = await simulator.ring(number=theirs, caller=CALLER, call_sid=call_sid)
        async with simulator.stream(twiml, call_sid) as leg:
            await leg.answer(since_s=0)
            assert await post(world, *signed_call(folder, theirs)) == 200
            assert world.rest.rooms == {}
            friend = await dial(world, from_number=NUMBER)
            (session,) = world.cloud.dialled
            world.cloud.answer(session)
            await caller_of(world)
            assert (await shown(world, friend, "live"))["provider"] == "daily"
            assert len(world.services.registry) == 2
            world.cloud.people[0].leave()
        await world.until(lambda: len(world.services.registry) == 0)


async def test_a_store_ends_a_call(world: DailyWorld, folder: Path) -> None:
    """Whichever process has it, and before Daily's list shows who is there: all are put out, and the room is gone."""
    world.rest.presence_lags = True
    call_id = await ring(world, folder)
    caller = await caller_of(world)
    call = await world.calls.find(Provider.DAILY, call_id)
    assert call is not None
    status, _ = await world.ask("POST", f"store/phone/calls/{call.id}/end")
    assert status == 204
    await ended(world, call_id)
    assert not caller.present
    assert world.rest.rooms == {}


async def test_no_call_outlives_its_process(world: DailyWorld, clock: Clock) -> None:
    """What was left ringing or talking is ended; who is still in a room is put out."""
    assert world.services.phone.daily is not None
    carrier = world.services.phone.daily.carrier
    store_id = await world.pool.fetchval("SELECT store_id FROM phone_numbers")
    calls = [
        Call(
            id=CallId(uuid4()),
            provider=Provider.DAILY,
            provider_call_id=str(uuid4()),
            store_id=store_id,
            direction=Direction.INBOUND,
            number=NUMBER,
            started_at=clock() - timedelta(minutes=5),
        )
        for _ in range(3)
    ]
    for call in calls:
        await world.calls.ring(call)
    gone, empty, occupied = calls
    for call in (empty, occupied):
        name = name_of(call.id)
        world.rest.rooms[name] = {"name": name, "url": "", "privacy": "private", "config": {}}
    world.rest.present[name_of(occupied.id)] = {"somebody": ""}
    await Reconciling(Provider.DAILY, world.calls, carrier, now=clock).reconcile()
    reasons = [(await world.calls.get(call.id) or call).end_reason for call in (gone, empty, occupied)]
    assert reasons == ["left_behind", "carrier_ended", "left_behind"]
    assert world.rest.present[name_of(occupied.id)] == {}
    assert (
        await world.calls.unsettled(
            Provider.DAILY, since=clock() - timedelta(days=1), before=clock(), priced=carrier.priced
        )
        == []
    )
