"""Voicemails: when nobody can talk, when a webhook of ours has failed, and while all of us is down."""

import asyncio
from pathlib import Path
from typing import Any

from telephony.twilio.simulator.leg import new_sid
from tests.phone_world import CALLER, NUMBER, PhoneWorld, phone_world
from tests.services import DEADLINE_S
from tests.twilio_api import TwilioApi


def recorded(sid: str, recording: str) -> dict[str, str]:
    """What Twilio tells of a recording: whose call it was, and nothing of who called whom."""
    return {"CallSid": sid, "RecordingSid": recording, "RecordingUrl": f"https://api.twilio.com/{recording}"}


async def inbox(phone: PhoneWorld) -> list[dict[str, Any]]:
    """The store's messages."""
    _, page = await phone.store("GET", "store/messages")
    return list(page["messages"])


async def found(phone: PhoneWorld) -> dict[str, Any]:
    """Wait for the one message that was left."""
    async with asyncio.timeout(DEADLINE_S):
        while not (messages := await inbox(phone)):  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.02)
    (message,) = messages
    return message


async def test_when_nobody_can_talk_a_voicemail_is_taken(database_url: str, tmp_path: Path) -> None:
    """The inbox has it once, however often it is told, and in the end with its words."""
    async with phone_world(database_url, tmp_path) as phone:
        phone.services.registry._capacity = 0  # noqa: SLF001 - every place is taken
        sid, twiml = await phone.ring()
        assert "<Record" in twiml
        assert await phone.ring(sid) == (sid, twiml)
        assert await phone.state(sid) == ("ended", "voicemail")
        for _ in range(2):
            await phone.tell("voicemail/recorded", recorded(sid, "RE1"))
        spoken = {"TranscriptionStatus": "completed", "TranscriptionText": "Call me back"}
        await phone.tell("voicemail/transcribed", {**recorded(sid, "RE1"), **spoken})
        (message,) = await inbox(phone)
    assert "Call me back" in message["text"]
    assert message["number"] == CALLER


async def test_of_two_who_ring_for_the_last_place_one_leaves_a_voicemail(database_url: str, tmp_path: Path) -> None:
    """There was room for each when it rang, and none any more once its stream was there."""
    async with phone_world(database_url, tmp_path, voice_max_sessions=1) as phone:
        (sid, twiml), (late, late_twiml) = await phone.ring(), await phone.ring()
        async with phone.simulator.stream(twiml, sid) as leg:
            await leg.answer(since_s=0)
            async with phone.simulator.stream(late_twiml, late) as refused, asyncio.timeout(DEADLINE_S):
                await refused.closed.wait()
            assert await phone.state(late) == ("ended", "turned_away")
            form = phone.simulator.form(late, number=NUMBER, caller=CALLER, status="in-progress")
            assert "<Record" in await phone.simulator.after(late_twiml, form)
            assert not leg.closed.is_set()


async def test_the_fallback_takes_one_of_a_call_that_we_never_heard_of(database_url: str, tmp_path: Path) -> None:
    """Our webhook failed before it noted anything, so Twilio is asked who called whom."""
    async with phone_world(database_url, tmp_path) as phone:
        sid, others = new_sid("CA"), new_sid("CA")
        phone.api.ring(sid, to=NUMBER, **{"from": CALLER})
        phone.api.ring(others, to="+12025550100", **{"from": CALLER})
        assert "<Record" in await phone.hook("fallback", sid, ErrorCode="11200", ErrorUrl=str(phone.url))
        for one in (others, sid):
            await phone.tell("voicemail/recorded", recorded(one, f"RE{one}"))
        assert (await found(phone))["number"] == CALLER
        assert await phone.state(sid) == ("ended", "voicemail")


async def test_what_was_left_while_we_were_down_is_found(database_url: str, tmp_path: Path) -> None:
    """Twilio's flow has taken it and could tell nobody. It is in the inbox after the start, with its call, and once."""
    api, sid, others = TwilioApi(), new_sid("CA"), new_sid("CA")
    async with phone_world(database_url, tmp_path, api=api):
        """The number is the store's from now on."""
    api.ring(sid, to=NUMBER, **{"from": CALLER})
    api.ring(others, to="+12025550100", **{"from": CALLER})
    api.leave(sid, "RE1")
    api.leave(others, "RE2")
    # A whole call that somebody records is no voicemail.
    api.leave(sid, "RE3", source="OutboundAPI")
    async with phone_world(database_url, tmp_path, api=api) as phone:
        message = await found(phone)
        assert (message["number"], message["text"]) == (CALLER, f"Voicemail: {api.recordings[-1]['media_url']}")
        assert await phone.state(sid) == ("ended", "voicemail")
        spoken = {"TranscriptionStatus": "completed", "TranscriptionText": "Call me back"}
        await phone.tell("voicemail/transcribed", {**recorded(sid, "RE1"), **spoken})
    looked = len(api.looked_for_recordings())
    async with phone_world(database_url, tmp_path, api=api) as phone:
        await phone.until(lambda: len(api.looked_for_recordings()) > looked)
        assert "Call me back" in (await found(phone))["text"]
