"""Calls over Twilio, from the first ring to the end, whoever calls whom."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from auth.principals import StoreId
from pipelines import pipeline
from pipelines.conversations.records import Direction
from server import demo
from telephony.calls import VOICEMAIL, Call, CallId, Provider
from telephony.reconciling import Reconciling
from telephony.twilio.messages import RATE_HZ
from telephony.twilio.simulator.ear import ProtocolBroken
from telephony.twilio.simulator.leg import new_sid
from telephony.twilio.simulator.network import action_of
from tests.clock import Clock
from tests.doubles import Doubles
from tests.phone_world import CALLER, NUMBER, PhoneWorld, phone_world, speech
from tests.services import DEADLINE_S

FRIEND = "+12025550142"


@pytest.fixture
def clock() -> Clock:
    """Today's time, for access tokens are checked, too."""
    return Clock()


@pytest.fixture
async def phone(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[PhoneWorld]:
    """A server that can be rung up, and whose callers ask what it is."""
    providers = Doubles(heard=lambda _audio: "what are you", seconds_per_word=0.3)
    async with phone_world(database_url, tmp_path, providers=providers, now=clock) as world:
        yield world


async def ended(phone: PhoneWorld, sid: str) -> str | None:
    """Wait until a call has ended, and return why."""
    async with asyncio.timeout(DEADLINE_S):
        while (await phone.state(sid))[0] != "ended":  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.02)
    return (await phone.state(sid))[1]


async def test_a_caller_is_greeted_heard_and_answered(phone: PhoneWorld) -> None:
    """And what was said is on record, with the number it came from, for the store's eyes."""
    sid, twiml = await phone.ring()
    async with phone.simulator.stream(twiml, sid) as leg:
        greeted_s = await leg.answer(since_s=0)
        leg.say(speech(0.6))
        await leg.answer(since_s=await leg.said())
        assert await phone.state(sid) == ("live", None)
        assert greeted_s < leg.speech_ends_s
        assert leg.heard.marks
    assert await ended(phone, sid) == "caller_left"
    _, page = await phone.store("GET", "store/conversations")
    (conversation,) = page["conversations"]
    assert (conversation["channel"], conversation["caller_number"]) == ("phone", CALLER)
    status, calls = await phone.store("GET", "store/phone/calls")
    assert (status, calls["calls"][0]["conversation_id"]) == (200, conversation["id"])


async def test_whoever_interrupts_hears_silence(phone: PhoneWorld) -> None:
    """`clear` takes back what was sent and not heard, and the rest is not said any more."""
    async with phone.call() as leg:
        await leg.answer(since_s=0)
        leg.say(speech(0.6))
        said_s = await leg.said()
        async with asyncio.timeout(DEADLINE_S):
            while leg.heard.until_s < said_s:  # noqa: ASYNC110 - what is watched has no event to wait for
                await asyncio.sleep(0.01)
        leg.say(speech(1.0))
        await leg.said()
        assert leg.heard.clears_s


async def test_what_is_dialled_is_said(phone: PhoneWorld) -> None:
    """Digits up to # are one turn, without waiting for more."""
    async with phone.call() as leg:
        await leg.answer(since_s=0)
        await leg.dial("4711#")
        await leg.answer(since_s=leg.heard.until_s)
    await phone.until(lambda: len(phone.services.registry) == 0)
    said = await phone.pool.fetch("SELECT text FROM turns WHERE speaker = 'caller'")
    assert [row["text"] for row in said] == ["4711#"]


async def test_a_number_ends_when_no_more_is_dialled(phone: PhoneWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses no # is waited for, and answered then."""
    monkeypatch.setattr(pipeline, "KEYPAD_TIMEOUT_S", 0.3)
    async with phone.call() as leg:
        await leg.answer(since_s=0)
        await leg.dial("47")
        await leg.answer(since_s=leg.heard.until_s)
    await phone.until(lambda: len(phone.services.registry) == 0)
    assert await phone.pool.fetchval("SELECT text FROM turns WHERE speaker = 'caller'") == "47"


async def test_a_goodbye_is_heard_before_we_hang_up(database_url: str, tmp_path: Path) -> None:
    """All of it: every mark has come back."""
    providers = Doubles(heard=lambda _audio: "Goodbye.", seconds_per_word=0.1)
    async with phone_world(database_url, tmp_path, providers=providers) as phone:
        sid, twiml = await phone.ring()
        async with phone.simulator.stream(twiml, sid) as leg:
            await leg.answer(since_s=0)
            leg.say(speech(0.6))
            await leg.said()
            async with asyncio.timeout(DEADLINE_S):
                await leg.closed.wait()
            assert time.monotonic() >= leg.heard.until_s
        assert await ended(phone, sid) == "said_goodbye"
        said = await phone.pool.fetchval("SELECT text FROM turns WHERE speaker = 'assistant' ORDER BY position DESC")
    # A tone for each word, and nothing is missing at its end.
    assert len(leg.heard.ulaw(since_s=leg.speech_ends_s)) >= round(len(said.split()) * 0.1 * RATE_HZ)


async def test_the_last_words_are_heard(phone: PhoneWorld) -> None:
    """A server that shuts down finishes its sentence, waits until it was played, and only then hangs up."""
    async with phone.call() as leg:
        await phone.until(lambda: bool(leg.heard.played))
        assert await phone.services.registry.drain(timeout_s=DEADLINE_S)
        assert leg.closed.is_set()
        # The mark of the last word came back before.
        assert not leg._marks  # noqa: SLF001 - what is left to return


async def test_a_call_goes_on_in_another_process(database_url: str, tmp_path: Path) -> None:
    """The carrier asks what follows, is led there, and the caller hears the rest, in the same conversation, once."""
    words = ["alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo"]
    providers = Doubles(
        heard=lambda _: "What would you plant in your own garden?",
        answer=lambda _: " ".join(words),
        seconds_per_word=0.3,
    )
    async with (
        phone_world(database_url, tmp_path, providers=providers) as first,
        phone_world(database_url, tmp_path, providers=providers) as second,
    ):
        sid, twiml = await first.ring()
        call = await first.calls.find(Provider.TWILIO, sid)
        assert call is not None
        streamed = f"calls/{call.id}/streamed"
        assert action_of(twiml).endswith(streamed)
        async with first.simulator.stream(twiml, sid) as leg:
            await leg.answer(since_s=0)
            leg.say(speech(0.6))
            said_s = await leg.said()
            await first.until(lambda: leg.heard.until_s > said_s + 1)
            assert await first.services.registry.drain(timeout_s=DEADLINE_S, others=True)
            assert leg.closed.is_set()
        assert await first.state(sid) == ("live", None)
        twiml = await second.hook(streamed, sid)
        async with second.simulator.stream(twiml, sid) as leg:
            await leg.answer(since_s=0)
        assert await ended(second, sid) == "caller_left"
        assert "<Connect" not in await second.hook(streamed, sid)
        turns = await second.pool.fetch("SELECT text FROM turns WHERE speaker = 'assistant' ORDER BY position")
        assert await second.pool.fetchval("SELECT count(*) FROM conversations") == 1
    _greeting, begun, rest = [row["text"].split() for row in turns]
    assert begun
    assert [*begun, *rest] == words


async def test_an_unknown_number_is_not_in_service(phone: PhoneWorld) -> None:
    """And nobody is connected."""
    _, twiml = await phone.ring(number="+12025550100")
    with pytest.raises(ProtocolBroken):
        async with phone.simulator.stream(twiml, new_sid("CA")):
            pass


async def test_callbacks_come_in_any_order_and_count_once(phone: PhoneWorld) -> None:
    """An end that is told before the media, twice, is the end; what comes later opens nothing."""
    sid, twiml = await phone.ring()
    for _ in range(2):
        await phone.hook("status", sid, status="completed", CallDuration="7")
    assert await phone.state(sid) == ("ended", "carrier_ended")
    async with phone.simulator.stream(twiml, sid) as leg, asyncio.timeout(DEADLINE_S):
        await leg.closed.wait()
    assert await phone.state(sid) == ("ended", "carrier_ended")
    assert await phone.pool.fetchval("SELECT duration_s FROM phone_calls") == 7


async def made(phone: PhoneWorld, **more: str) -> tuple[int, Any]:
    """Have the store call somebody."""
    return await phone.store("POST", "store/phone/calls", {"to": FRIEND, **more})


async def test_a_store_calls_somebody(phone: PhoneWorld) -> None:
    """With a limit on what it costs; whoever answers talks to the assistant, greeted as the store wished."""
    status, call = await made(phone, greeting="Your fern has arrived.")
    assert (status, call["state"], call["direction"]) == (201, "ringing", "outbound")
    (asked,) = phone.api.asked_for("/Calls.json")
    assert (asked["To"], asked["From"], asked["TimeLimit"], asked["AsyncAmd"]) == (FRIEND, NUMBER, "600", "true")
    sid = next(iter(phone.api.calls))
    twiml = await phone.hook(f"calls/{call['id']}/answered", sid)
    async with phone.simulator.stream(twiml, sid) as leg:
        await leg.answer(since_s=0)
        status, _ = await phone.store("POST", f"store/phone/calls/{call['id']}/end")
        assert (status, phone.api.calls[sid]["status"]) == (204, "completed")
    assert await ended(phone, sid) == "ended_by_store"
    said = await phone.pool.fetchval("SELECT text FROM turns WHERE speaker = 'assistant'")
    assert said == "Your fern has arrived."


@pytest.mark.parametrize("voicemail", ["We will call again.", None])
async def test_a_machine_is_told_the_voicemail_or_nothing(phone: PhoneWorld, voicemail: str | None) -> None:
    """And no conversation is held with it."""
    _, call = await made(phone, **({"voicemail": voicemail} if voicemail else {}))
    sid = next(iter(phone.api.calls))
    await phone.hook(f"calls/{call['id']}/machine", sid, AnsweredBy="machine_end_beep")
    (change,) = phone.api.asked_for(f"/Calls/{sid}.json")
    assert voicemail in change["Twiml"] if voicemail else change["Status"] == "completed"
    assert await phone.state(sid) == ("ended", "machine")
    assert "<Hangup" in await phone.hook(f"calls/{call['id']}/answered", sid)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+4930901820", "number_refused"),  # another country
        ("+19005550199", "number_refused"),  # premium
        ("+12", "number_refused"),
        ("12025550142", "invalid_request"),
    ],
)
async def test_not_every_number_is_called(phone: PhoneWorld, to: str, code: str) -> None:
    """Toll fraud ends here: the carrier is not even asked."""
    status, refused = await phone.store("POST", "store/phone/calls", {"to": to})
    assert (status, refused["error"]["code"]) == (400, code)
    assert not phone.api.asked_for("/Calls.json")


async def test_a_store_calls_so_often_and_so_long(phone: PhoneWorld, clock: Clock) -> None:
    """At once, in a minute, and in a day; what is left of the day is the limit of the next call."""
    assert [(await made(phone))[0] for _ in range(2)] == [201, 201]
    assert (await made(phone))[1]["error"]["code"] == "dialled_too_often"
    for sid in phone.api.calls:
        await phone.hook("status", sid, status="completed", CallDuration=str(59 * 60 + 30))
    clock.ahead += timedelta(minutes=2)
    assert (await made(phone))[0] == 201
    assert phone.api.asked_for("/Calls.json")[-1]["TimeLimit"] == "60"
    # It may use up what is left.
    assert (await made(phone))[1]["error"]["code"] == "phone_minutes_used"
    _, limits = await phone.store("GET", "store/phone/limits")
    assert (limits["calls_at_once"], limits["calls_under_way"]) == (2, 1)
    assert (limits["seconds_a_day"], limits["seconds_used_today"]) == (120 * 60, 119 * 60)
    for sid in phone.api.calls:
        await phone.hook("status", sid, status="completed", CallDuration="3600")
    clock.ahead += timedelta(minutes=2)
    assert (await made(phone))[1]["error"]["code"] == "phone_minutes_used"


async def test_nobody_is_called_twice(phone: PhoneWorld) -> None:
    """What failed is not tried again, except when the carrier has said that it did nothing yet."""
    phone.api.failures = [503]
    assert (await made(phone))[1]["error"]["code"] == "phone_unavailable"
    assert len(phone.api.asked_for("/Calls.json")) == 1
    phone.api.failures = [429]
    assert (await made(phone))[0] == 201
    assert len(phone.api.calls) == 1


async def test_no_leg_outlives_us(phone: PhoneWorld, clock: Clock) -> None:
    """What a killed process has left is hung up, what is over is ended, and what is known of its price is noted."""
    told = phone.services.phone
    assert told.twilio is not None
    store_id = await phone.pool.fetchval("SELECT id FROM stores WHERE slug = $1", demo.STORE_SLUG)

    async def left(sid: str) -> CallId:
        call = Call(
            id=CallId(uuid4()),
            provider=Provider.TWILIO,
            provider_call_id=sid,
            store_id=StoreId(store_id),
            direction=Direction.INBOUND,
            number=NUMBER,
            started_at=clock(),
        )
        await phone.calls.ring(call)
        await phone.calls.go_live(call.id, stream=0, now=clock(), held_until=clock())
        return call.id

    talking, over, unknown, handed_over, recording = (new_sid("CA") for _ in range(5))
    for sid in (talking, over, handed_over, recording):
        phone.api.ring(sid)
    phone.api.end(over, duration="61", price="-0.0085")
    for sid in (talking, over, unknown):
        await left(sid)
    await phone.calls.hand_over(await left(handed_over), to=FRIEND)
    await phone.calls.end(await left(recording), VOICEMAIL, now=clock())
    clock.ahead += timedelta(minutes=5)
    reconciling = Reconciling(Provider.TWILIO, phone.calls, told.twilio.rest, now=clock)
    await reconciling.reconcile()
    assert phone.api.calls[talking]["status"] == "completed"
    assert {phone.api.calls[sid]["status"] for sid in (handed_over, recording)} == {"in-progress"}
    assert await phone.state(talking) == ("ended", "left_behind")
    assert await phone.state(unknown) == ("ended", "left_behind")
    assert await phone.state(over) == ("ended", "carrier_ended")
    call = await phone.calls.find(Provider.TWILIO, over)
    assert call is not None
    assert (call.duration_s, str(call.cost), call.currency) == (61, "0.00850", "USD")
    # What has ended meanwhile is no error.
    await told.twilio.rest.hang_up(call)


async def test_a_store_chooses_who_answers(phone: PhoneWorld) -> None:
    """Among its own assistants, for its own numbers."""
    _, listed = await phone.store("GET", "store/phone/numbers")
    (number,) = listed["numbers"]
    assert (number["number"], number["assistant"]) == (NUMBER, None)
    path = f"store/phone/numbers/{number['id']}"
    assert (await phone.store("PATCH", path, {"assistant": demo.ASSISTANT_SLUG}))[1]["assistant"] == "ivy"
    assert (await phone.store("PATCH", path, {"assistant": "nobody"}))[0] == 404
    status, refused = await phone.store("PATCH", f"store/phone/numbers/{uuid4()}", {"assistant": None})
    assert (status, refused["error"]["code"]) == (404, "number_not_found")


async def test_no_number_is_logged_in_full(written: io.StringIO, phone: PhoneWorld) -> None:
    """Whoever calls or is called, and whatever fails: their number's ends are all that is shown."""
    async with phone.call() as leg:
        await leg.answer(since_s=0)
    await phone.ring(number="+12025550100")
    phone.api.failures = [503]
    await made(phone)
    _, call = await made(phone)
    sid = next(sid for sid in phone.api.calls if phone.api.calls[sid]["status"] == "queued")
    await phone.hook(f"calls/{call['id']}/machine", sid, AnsweredBy="machine_start")
    await phone.hook("fallback", new_sid("CA"), ErrorCode="11200", ErrorUrl=f"{phone.url}/?To=%2B12025550142")
    told = written.getvalue()
    assert {json.loads(line)["event"] for line in told.splitlines()} >= {
        *("call_rings", "call_live", "call_to_unknown_number", "call_not_made", "call_dialled", "fallback_asked")
    }
    assert "20255501" not in told
    assert told.count(json.dumps("+12…199")) == 2
