"""Who is not Twilio, or not this call, gets nothing: no conversation, no TwiML, and no word why."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from auth.http import operations
from telephony.twilio.messages import FRAME_BYTES
from telephony.twilio.simulator.leg import Leg, new_sid
from telephony.twilio.simulator.network import stream_of
from tests.doubles import Doubles
from tests.phone_world import CALLER, NUMBER, PhoneWorld, phone_world, speech
from tests.raw_http import exchange, request
from tests.services import DEADLINE_S


@pytest.fixture
async def phone(database_url: str, tmp_path: Path) -> AsyncIterator[PhoneWorld]:
    """A server that can be rung up; nothing an attacker does leaves a conversation behind."""
    async with phone_world(database_url, tmp_path, providers=Doubles()) as world:
        yield world
        await world.until(lambda: len(world.services.registry) == 0)


async def conversations(phone: PhoneWorld) -> int:
    """How many there have been."""
    return int(await phone.pool.fetchval("SELECT count(*) FROM conversations"))


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code with which the server closes."""
    async with asyncio.timeout(DEADLINE_S):
        async for _message in socket:
            pass
    return socket.close_code


@pytest.mark.parametrize("signature", ["", "bm9uc2Vuc2U=", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
@pytest.mark.parametrize("path", ["voice", "status", "fallback", "calls/00000000-0000-0000-0000-000000000000/machine"])
async def test_an_unsigned_webhook_is_refused(phone: PhoneWorld, path: str, signature: str) -> None:
    """Without signature, or with a wrong one."""
    form = phone.simulator.form(new_sid("CA"), number=NUMBER, caller=CALLER, status="ringing")
    url = str(phone.url.with_path(f"/phone/twilio/{path}"))
    status, body = await phone.simulator.post(url, form, **{"X-Twilio-Signature": signature})
    assert (status, body) == (403, "")
    assert await phone.pool.fetchval("SELECT count(*) FROM phone_calls") == 0


@pytest.mark.parametrize(
    ("sent_as", "body"),
    [
        ("multipart/form-data", b"CallSid=CA"),
        ("multipart/form-data; boundary=x", b"--y"),
        ("application/x-www-form-urlencoded; charset=none", b"CallSid=CA"),
        ("application/x-www-form-urlencoded", b"CallSid=\xff%ff%00"),
    ],
)
async def test_what_is_no_form_is_refused_like_one(phone: PhoneWorld, sent_as: str, body: bytes) -> None:
    """Nothing that a stranger sends is read in a way of their choice."""
    sent = request("POST", "/phone/twilio/voice", f"Content-Type: {sent_as}", host=phone.url.authority, body=body)
    assert (await exchange(phone.url.port or 0, sent)).status == 403


async def test_a_webhook_is_not_waited_for(phone: PhoneWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever announces more than they send holds no connection."""
    monkeypatch.setattr(operations, "BODY_TIMEOUT_S", 0.05)
    form = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 60")
    sent = request("POST", "/phone/twilio/voice", *form, host=phone.url.authority)
    assert (await exchange(phone.url.port or 0, sent + b"CallSid=")).status == 408


async def test_a_signature_is_for_one_address_and_one_form(phone: PhoneWorld) -> None:
    """A good one of another host, another path or another form opens nothing."""
    sign = phone.simulator._validator.compute_signature  # noqa: SLF001 - the attacker has recorded a good one
    form = phone.simulator.form(new_sid("CA"), number=NUMBER, caller=CALLER, status="ringing")
    here = str(phone.url.with_path("/phone/twilio/voice"))
    for url, signed in (
        ("https://elsewhere.example.com/phone/twilio/voice", form),
        (here.replace("voice", "status"), form),
        (here, form | {"To": "+12025550000"}),
    ):
        status, _ = await phone.simulator.post(here, form, **{"X-Twilio-Signature": sign(url, signed)})
        assert status == 403


async def test_an_unsigned_upgrade_is_refused(phone: PhoneWorld) -> None:
    """Before any websocket is opened."""
    _, twiml = await phone.ring()
    url, _ = stream_of(twiml)
    elsewhere = phone.simulator._validator.compute_signature("wss://elsewhere.example.com/phone/twilio/media", {})  # noqa: SLF001 - as above
    for signature in ("", "bm9uc2Vuc2U=", elsewhere):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with phone.simulator.upgraded(url, **{"X-Twilio-Signature": signature}):
                pass
        assert refused.value.status == 403


async def test_a_token_opens_one_stream_of_its_own_call(phone: PhoneWorld) -> None:
    """Not without a token, not of another call, not of a guessed CallSid, not twice: a second socket gets nothing."""
    sid, twiml = await phone.ring()
    other_sid, _ = await phone.ring()
    url, parameters = stream_of(twiml)
    unknown = new_sid("CA")
    attempts = [
        *((sid, {}), (sid, {"token": "x.0.y"}), (other_sid, parameters)),
        *((unknown, {}), (unknown, parameters)),
    ]
    for claimed, shown in attempts:
        async with phone.simulator.upgraded(url) as socket:
            leg = Leg(socket, phone.simulator.account.account_sid, claimed, shown)
            async with leg:
                async with asyncio.timeout(DEADLINE_S):
                    await leg.closed.wait()
                assert socket.close_code == 4001
    async with phone.simulator.stream(twiml, sid) as first:
        await first.answer(since_s=0)
        async with phone.simulator.stream(twiml, sid) as second, asyncio.timeout(DEADLINE_S):
            await second.closed.wait()
            assert not second.heard.played
        assert not first.closed.is_set()
    assert await conversations(phone) == 1


async def test_the_same_webhook_again_is_the_same_call(phone: PhoneWorld) -> None:
    """At the same time and later: the same TwiML, and one call."""
    sid, _ = await phone.ring()
    again = await asyncio.gather(*(phone.ring(sid) for _ in range(4)))
    async with phone.simulator.stream(again[0][1], sid) as leg:
        await leg.answer(since_s=0)
        again.append(await phone.ring(sid))
    assert len({twiml for _, twiml in again}) == 1
    assert await phone.pool.fetchval("SELECT count(*) FROM phone_calls") == 1


async def test_the_upgrade_without_start_ends(phone: PhoneWorld) -> None:
    """Who says something else first is not listened to."""
    _, twiml = await phone.ring()
    async with phone.simulator.upgraded(stream_of(twiml)[0]) as socket:
        await socket.send_str('{"event":"media","media":{"payload":""}}')
        await socket.send_str('{"event":"media","media":{"payload":""}}')
        assert await closed(socket) == 1007


@pytest.mark.parametrize(
    ("message", "code"),
    [("x" * 65 * 1024, 1009), (b"\x00" * 160, 1007), ("[]", 1007), ('{"event":"media","media":{"payload":"%"}}', 1007)],
)
async def test_what_twilio_never_sends_ends_the_call(phone: PhoneWorld, message: str | bytes, code: int) -> None:
    """A message of 65 KB and a binary one at once, nonsense the third time."""
    async with phone.call() as leg:
        await leg.answer(since_s=0)
        for _ in range(3):
            if leg.socket.closed:
                break
            if isinstance(message, bytes):
                await leg.socket.send_bytes(message)
            else:
                await leg.socket.send_str(message)
        async with asyncio.timeout(DEADLINE_S):
            await leg.closed.wait()
        assert leg.socket.close_code == code


async def test_garbage_for_audio_is_noise(phone: PhoneWorld) -> None:
    """Any bytes are µ-law, and frames of any length are taken: the call goes on."""
    async with phone.call() as leg:
        await leg.answer(since_s=0)
        for size in (0, 1, 159, 161, FRAME_BYTES):
            await leg.frame(bytes(range(256))[:size].ljust(size, b"\xaa"))
        leg.say(speech(0.5))
        await leg.answer(since_s=await leg.said())


async def test_nothing_counts_after_stop(phone: PhoneWorld) -> None:
    """200 ms of audio that come after the end are nobody's."""
    async with phone.call() as leg:
        await leg.answer(since_s=0)
        await leg.stop()
        for _ in range(10):
            await leg.frame(speech(0.02))
        async with asyncio.timeout(DEADLINE_S):
            await leg.closed.wait()
    await phone.until(lambda: len(phone.services.registry) == 0)
    assert await phone.pool.fetchval("SELECT count(*) FROM turns WHERE speaker = 'caller'") == 0
