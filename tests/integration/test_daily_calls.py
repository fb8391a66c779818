"""Calls over Daily, from the first ring to the end, whoever calls whom."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from auth.tokens.keys import shared_secret
from pipelines.conversations.records import Direction
from pipelines.daily.rooms import name_of
from pipelines.limits import EndReason
from pipelines.tools.destinations import Destination
from pipelines.tools.transfers import Transfer, TransferFailed
from telephony.calls import Call, CallId, Provider
from telephony.daily.signatures import SIGNATURE, TIMESTAMP, PinlessSignatures
from telephony.daily.transfers import DailyTransfers
from telephony.reconciling import Reconciling
from tests.clock import Clock
from tests.daily_cloud import Person
from tests.daily_world import NUMBER, DailyWorld, daily_world
from tests.doubles import Doubles
from tests.services import DEADLINE_S

RECORDED = "This call is recorded."
CALLER, FRIEND = "+12025550199", "+12025550142"


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


def signed(folder: Path, body: bytes, *, at: float, milliseconds: bool = True) -> dict[str, str]:
    """The headers with which Daily sends a body."""
    stamp = str(round(at * 1000) if milliseconds else round(at))
    signatures = PinlessSignatures(shared_secret(folder / "keys" / "daily.key"), now=lambda: datetime.now(UTC))
    return {TIMESTAMP: stamp, SIGNATURE: signatures.sign(stamp, body), "Content-Type": "application/json"}


def told(call_id: str, *, number: str = NUMBER, caller: str = CALLER) -> bytes:
    """What Daily says of a call; spaces and all, for what is signed is what was sent."""
    return json.dumps({"To": number, "From": caller, "callId": call_id, "callDomain": "leaf-domain"}).encode()


async def post(world: DailyWorld, body: bytes, headers: dict[str, str]) -> int:
    """Send the webhook."""
    url = world.url / "phone/daily/dialin"
    async with world.http.post(url, data=body, headers={"Host": "store.localhost", **headers}) as answer:
        return answer.status


async def ring(world: DailyWorld, folder: Path, *, call_id: str | None = None) -> str:
    """Somebody calls, and is on hold; return the id of the call."""
    call_id = call_id or str(uuid4())
    world.rest.held[call_id] = "leaf-domain"
    body = told(call_id)
    assert await post(world, body, signed(folder, body, at=datetime.now(UTC).timestamp())) == 200
    return call_id


async def caller_of(world: DailyWorld) -> Person:
    """Wait until somebody is in a room, and greeted."""
    await world.until(lambda: bool(world.cloud.people))
    await world.greeted()
    return world.cloud.people[0]


async def on_record(world: DailyWorld, text: str) -> None:
    """Wait until somebody has begun with these words, or dialled them."""
    async with asyncio.timeout(DEADLINE_S):
        while not await world.pool.fetchval("SELECT count(*) FROM turns WHERE text LIKE $1 || '%'", text):  # noqa: ASYNC110 - a row
            await asyncio.sleep(0.02)


async def ended_call(world: DailyWorld, call_id: str) -> str | None:
    """Wait until a call has ended, and return why."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            call = await world.calls.find(Provider.DAILY, call_id)
            if call and call.state == "ended":
                return call.end_reason
            await asyncio.sleep(0.02)


async def ended(world: DailyWorld, call_id: str) -> str | None:
    """The same, and nobody talks any more."""
    reason = await ended_call(world, call_id)
    await world.until(lambda: len(world.services.registry) == 0)
    return reason


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
    """They were put through, and are not there."""
    monkeypatch.setattr("telephony.daily.calls.CONNECT_S", 0.1)
    world.rest.put_through = lambda _call, _room: None
    call_id = await ring(world, folder)
    assert await ended(world, call_id) == "not_connected"


async def dial(world: DailyWorld, **wanted: str) -> dict[str, Any]:
    """Have somebody called; return the call."""
    status, call = await world.ask("POST", "store/phone/calls", {"to": FRIEND, **wanted})
    assert status == 201, call
    return dict(call)


async def shown(world: DailyWorld, call: dict[str, Any], state: str = "ended") -> dict[str, Any]:
    """Wait until a call has come so far, and show it."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            _, now = await world.ask("GET", f"store/phone/calls/{call['id']}")
            if now["state"] == state:
                return dict(now)
            await asyncio.sleep(0.02)


async def test_somebody_is_called_and_talks(world: DailyWorld) -> None:
    """From a number of ours, out of a room that may dial; with what the store wants said first."""
    call = await dial(world, greeting="Your order is ready")
    assert (call["state"], call["direction"]) == ("ringing", "outbound")
    ((session, (_, settings)),) = world.cloud.dialled.items()
    assert (settings["phoneNumber"], settings["callerId"]) == (FRIEND, world.rest.numbers[NUMBER])
    friend = world.cloud.answer(session)
    await caller_of(world)
    assert (await shown(world, call, "live"))["live_at"]
    await on_record(world, "Your order is ready")
    friend.say()
    async with asyncio.timeout(DEADLINE_S):
        while (await shown(world, call, "live"))["answered_by"] != "human":  # noqa: ASYNC110 - a row
            await asyncio.sleep(0.02)
    friend.leave()
    assert (await shown(world, call))["end_reason"] == "caller_left"


async def test_a_busy_line_ends_the_call(world: DailyWorld) -> None:
    """And says why; no room is left."""
    call = await dial(world)
    (session,) = world.cloud.dialled
    world.cloud.decline(session)
    assert (await shown(world, call))["end_reason"] == "busy"
    assert world.rest.rooms == {}


async def test_a_call_that_daily_does_not_make_is_said(world: DailyWorld) -> None:
    """503 to whoever asked, and nobody is called twice."""
    world.rest.numbers.clear()
    status, refused = await world.ask("POST", "store/phone/calls", {"to": FRIEND})
    assert (status, refused["error"]["code"]) == (503, "phone_unavailable")
    assert world.cloud.dialled == {}
    assert world.rest.rooms == {}


async def test_a_machine_is_told_what_the_store_wants(database_url: str, folder: Path) -> None:
    """Once its greeting is over, and nothing else; then the call is over."""
    heard = "You have reached Sam. Please leave a message after the tone."
    async with daily_world(database_url, folder, providers=Doubles(heard=lambda _audio: heard)) as world:
        call = await dial(world, voicemail="Please call the garden")
        (session,) = world.cloud.dialled
        machine = world.cloud.answer(session)
        await caller_of(world)
        machine.say()
        over = await shown(world, call)
        assert (over["end_reason"], over["answered_by"]) == ("machine", "machine")
        await world.conversations()
        said = await world.pool.fetch("SELECT text FROM turns WHERE speaker = 'assistant' ORDER BY started_at")
        assert said[-1]["text"] == "Please call the garden"


async def test_a_store_ends_a_call(world: DailyWorld, folder: Path) -> None:
    """Whichever process has it: everybody is put out of its room, and that is gone."""
    call_id = await ring(world, folder)
    caller = await caller_of(world)
    call = await world.calls.find(Provider.DAILY, call_id)
    assert call is not None
    status, _ = await world.ask("POST", f"store/phone/calls/{call.id}/end")
    assert status == 204
    await ended(world, call_id)
    assert not caller.present
    assert world.rest.rooms == {}


@pytest.mark.parametrize(
    ("refer_to", "how", "to"),
    [(None, "sipCallTransfer", FRIEND), ("pbx.leaf.example", "sipRefer", f"sip:{FRIEND}@pbx.leaf.example")],
)
async def test_a_caller_is_handed_over(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, refer_to: str | None, how: str, to: str
) -> None:
    """By Daily, or to the store's own telephone system; their room is not torn down, for Daily may still carry them."""
    made: list[DailyTransfers] = []

    def noted(**given: Any) -> DailyTransfers:  # noqa: ANN401 - what it is made of
        made.append(DailyTransfers(**given))
        return made[-1]

    monkeypatch.setattr("telephony.daily.calls.DailyTransfers", noted)
    async with daily_world(database_url, folder, telephony_daily_refer_to=refer_to) as world:
        call_id = await ring(world, folder)
        caller = await caller_of(world)
        (transfers,) = made
        world.cloud.transfer_error = "not now"
        with pytest.raises(TransferFailed):
            await transfers.transfer(Transfer(Destination("Sam", FRIEND), "A caller."))
        assert caller.present
        with pytest.raises(TransferFailed):
            await transfers.transfer(Transfer(Destination("Sam", "+4915112345678"), "A caller."))
        world.cloud.transfer_error = None
        await transfers.transfer(Transfer(Destination("Sam", FRIEND), "A caller."))
        for live in world.services.registry.sessions():
            live.end(EndReason.TRANSFERRED)
        assert await ended(world, call_id) == "transferred"
        assert world.cloud.transfers == [(how, {"sessionId": caller.id, "toEndPoint": to})]
        assert len(world.rest.rooms) == 1
        assert await world.pool.fetchval("SELECT count(*) FROM daily_rooms") == 0


async def test_no_call_outlives_its_process(world: DailyWorld, clock: Clock) -> None:
    """What was left ringing or talking is ended; a room in which somebody still is, is cleared."""
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
    assert name_of(occupied.id) not in world.rest.rooms
    assert (
        await world.calls.unsettled(
            Provider.DAILY, since=clock() - timedelta(days=1), before=clock(), priced=carrier.priced
        )
        == []
    )
