"""Callers who are put through to a person, at once or after a briefing; and back when nobody takes them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pipelines.tools.transfers import FAILED, NOT_REACHED
from telephony.calls import CallState, Provider
from telephony.twilio.simulator.leg import Leg, new_sid
from tests.doubles import Doubles
from tests.phone_world import CALLER, NUMBER, PhoneWorld, phone_world, speech

FRIEND = "+12025550142"
WISH = "Can I talk to a real person please?"


@pytest.fixture
async def phone(database_url: str, tmp_path: Path) -> AsyncIterator[PhoneWorld]:
    """A server whose callers want to talk to a person."""
    async with phone_world(database_url, tmp_path, providers=Doubles(heard=lambda _audio: WISH)) as world:
        yield world


async def ada_takes_calls(phone: PhoneWorld, *, briefed: bool) -> None:
    """Let the store's assistant hand over to Ada."""
    _, listed = await phone.store("GET", "store/assistants")
    (assistant,) = listed["assistants"]
    path, revision = f"store/assistants/{assistant['id']}", assistant["revision"]
    named = [{"name": "Ada", "number": FRIEND, "briefed": briefed}]
    await phone.store("PATCH", f"{path}/draft", {"revision": revision, "transfer_to": named})
    status, _ = await phone.store("POST", f"{path}/publish", {"revision": revision + 1})
    assert status == 200


@asynccontextmanager
async def asking(phone: PhoneWorld) -> AsyncIterator[tuple[str, Leg]]:
    """Call, and ask for a person."""
    sid, twiml = await phone.ring()
    async with phone.simulator.stream(twiml, sid) as leg:
        await leg.answer(since_s=0)
        leg.say(speech(0.6))
        await leg.said()
        yield sid, leg


class Ada:
    """The person who is rung, by the account's newest call."""

    def __init__(self, phone: PhoneWorld, sid: str, path: str) -> None:
        self.phone, self.sid = phone, sid
        self._path = path

    async def tells(self, what: str, *, status: str = "in-progress", **form: str) -> str:
        """What Twilio asks about her call; return the TwiML."""
        return await self.phone.hook(f"{self._path}/{what}", self.sid, status=status, **form)


async def rung(phone: PhoneWorld) -> Ada:
    """Wait until Ada's telephone rings."""
    await phone.until(lambda: bool(phone.api.asked_for("/Calls.json")))
    (asked,) = phone.api.asked_for("/Calls.json")
    assert (asked["To"], asked["From"]) == (FRIEND, NUMBER)
    await phone.until(lambda: any(call["status"] == "queued" for call in phone.api.calls.values()))
    (sid,) = [sid for sid, call in phone.api.calls.items() if call["status"] == "queued"]
    path = re.search(r"calls/[0-9a-f-]{36}", asked["Url"])
    assert path is not None
    return Ada(phone, sid, path.group())


async def said(phone: PhoneWorld) -> list[str]:
    """What the assistant has said, once all is on record."""
    await phone.until(lambda: len(phone.services.registry) == 0)
    rows = await phone.pool.fetch("SELECT text FROM turns WHERE speaker = 'assistant' ORDER BY started_at")
    return [row["text"] for row in rows]


async def test_a_person_is_briefed_while_the_caller_hears_music(phone: PhoneWorld) -> None:
    """Nothing is answered and nobody is asked whether they are there; a key, and the two meet in one conference."""
    await ada_takes_calls(phone, briefed=True)
    async with asking(phone) as (sid, leg):
        ada = await rung(phone)
        briefing = await ada.tells("briefing")
        assert f"Marlow Garden. A caller would like to talk to you. The caller said: {WISH}" in briefing
        music_s = leg.heard.until_s + 0.5
        await phone.until(lambda: leg.heard.until_s > music_s)
        assert not phone.api.asked_for(f"/Calls/{sid}.json")
        room = await ada.tells("accepted", Digits="1")
        assert await ada.tells("accepted", Digits="1") == room
        await phone.until(leg.closed.is_set)
    (change,) = phone.api.asked_for(f"/Calls/{sid}.json")
    name = re.search(r">(transfer-[0-9a-f-]{36})</Conference>", room)
    assert name is not None
    assert name.group() in change["Twiml"]
    assert await phone.state(sid) == ("live", None)
    await phone.until(lambda: len(phone.services.registry) == 0)
    assert await phone.pool.fetchval("SELECT end_reason FROM conversations") == "transferred"
    # When she hangs up, so does the caller.
    call = await phone.calls.find(Provider.TWILIO, sid)
    assert call is not None
    assert call.transferred_to == FRIEND
    await ada.tells("status", status="completed", CallDuration="61")
    assert phone.api.calls[sid]["status"] == "completed"
    _, listed = await phone.store("GET", "store/phone/calls")
    assert [(one["duration_s"], one["transfer_of"]) for one in listed["calls"]] == [(61, str(call.id)), (None, None)]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "completed"])
async def test_when_the_person_does_not_take_it_the_assistant_goes_on(phone: PhoneWorld, status: str) -> None:
    """Busy, away, or declined by pressing nothing: it is the same stream, and the same conversation."""
    await ada_takes_calls(phone, briefed=True)
    async with asking(phone) as (sid, leg):
        ada = await rung(phone)
        if status == "completed":
            await ada.tells("briefing")
        since_s = leg.heard.until_s
        await ada.tells("status", status=status)
        await leg.answer(since_s=since_s)
        assert await phone.state(sid) == ("live", None)
        assert "<Conference" not in await ada.tells("accepted", Digits="1")
    assert NOT_REACHED in await said(phone)
    assert await phone.pool.fetchval("SELECT count(*) FROM conversations") == 1
    assert await phone.pool.fetchval("SELECT end_reason FROM conversations") == "caller_left"


async def test_when_the_carrier_fails_the_assistant_goes_on(phone: PhoneWorld) -> None:
    """When the person cannot be rung; and when the caller cannot be brought, who then is not waited for."""
    await ada_takes_calls(phone, briefed=True)
    phone.api.failures = [503]
    async with asking(phone) as (sid, leg):
        await phone.until(lambda: bool(phone.api.asked_for("/Calls.json")))
        await leg.answer(since_s=leg.heard.until_s)
        phone.api.asked.clear()
        leg.say(speech(0.6))
        await leg.said()
        ada = await rung(phone)
        phone.api.failures = [503]
        await ada.tells("accepted", Digits="1")
        await phone.until(lambda: phone.api.calls[ada.sid]["status"] == "completed")
        await leg.answer(since_s=leg.heard.until_s)
        assert await phone.state(sid) == ("live", None)
    told = await said(phone)
    assert told.count(FAILED) == 2
    assert await phone.pool.fetchval("SELECT transferred_to FROM phone_calls WHERE transfer_of IS NULL") is None


async def test_a_caller_who_leaves_meanwhile_is_not_waited_for(phone: PhoneWorld) -> None:
    """The person's telephone stops ringing, and who picks up hears that the caller has left."""
    await ada_takes_calls(phone, briefed=True)
    async with asking(phone) as (sid, _leg):
        ada = await rung(phone)
    await phone.hook("status", sid, status="completed", CallDuration="9")
    assert phone.api.calls[ada.sid]["status"] == "completed"
    assert "hung up" in await ada.tells("briefing")
    assert "hung up" in await ada.tells("accepted", Digits="1")


async def test_who_is_not_briefed_takes_the_call_by_picking_up(phone: PhoneWorld) -> None:
    """A switchboard presses no key: it hears nothing, and the caller is brought at once."""
    await ada_takes_calls(phone, briefed=False)
    async with asking(phone) as (sid, leg):
        ada = await rung(phone)
        assert "<Conference" in await ada.tells("briefing")
        await phone.until(leg.closed.is_set)
    (change,) = phone.api.asked_for(f"/Calls/{sid}.json")
    assert "<Conference" in change["Twiml"]
    assert await phone.state(sid) == ("live", None)


async def test_nobody_else_takes_a_call_over(phone: PhoneWorld) -> None:
    """A signed webhook of another call is not Ada's, and an ordinary call cannot be accepted."""
    sid, _ = await phone.ring(caller=CALLER)
    call = await phone.calls.find(Provider.TWILIO, sid)
    assert call is not None
    for about in (sid, new_sid("CA")):
        assert "<Conference" not in await phone.hook(f"calls/{call.id}/accepted", about, Digits="1")
    told: Any = await phone.calls.get(call.id)
    assert told.state is CallState.RINGING
