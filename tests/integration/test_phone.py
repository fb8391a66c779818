"""Calls over Twilio, from the first ring to the end: signed, once, and gone when they are over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles import Doubles
from tests.phone_world import PhoneWorld, phone_world, speech


@pytest.fixture
async def phone(database_url: str, tmp_path: Path) -> AsyncIterator[PhoneWorld]:
    """A server that can be rung up."""
    async with phone_world(database_url, tmp_path, providers=Doubles(heard=lambda _audio: "what are you")) as world:
        yield world


async def test_a_caller_is_greeted_heard_and_answered(phone: PhoneWorld) -> None:
    """And what was said is on record, with the number it came from, for the store's eyes."""
    sid, twiml = await phone.ring()
    async with phone.simulator.stream(twiml, sid) as leg:
        greeted_s = await leg.answer(since_s=0)
        leg.say(speech(0.6))
        await leg.answer(since_s=await leg.said())
        assert await phone.state(sid) == ("live", None)
        assert greeted_s < leg.speech_ends_s
    await phone.until(lambda: len(phone.services.registry) == 0)
    assert await phone.state(sid) == ("ended", "caller_left")
    _, page = await phone.store("GET", "store/conversations")
    (conversation,) = page["conversations"]
    assert (conversation["channel"], conversation["caller_number"]) == ("phone", "+12025550199")
    status, calls = await phone.store("GET", "store/phone/calls")
    assert (status, calls["calls"][0]["conversation_id"]) == (200, conversation["id"])
