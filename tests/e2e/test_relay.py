"""Callers whose network lets nothing through but TURN, with a real coturn."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
from aiortc import RTCIceServer

from pipelines.limits import EndReason
from server.doctor import outside
from server.doctor.findings import Finding
from server.settings import Settings
from tests.coturn import coturn
from tests.voice_world import DEADLINE_S, TURN, doors
from tests.webrtc_world import Browser


async def test_a_conversation_through_a_relay(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Question and answer cross it both ways, with what `start` tells the caller and on no other path."""
    async with coturn(tmp_path, TURN) as url, doors(pool, turn=replace(TURN, urls=[url])) as world:
        started = await world.start(world.sign_in(), transport="webrtc")
        _stun, relay = started["iceConfig"]["iceServers"]
        browser = Browser(world.http, started["webrtcRequestParams"]["endpoint"], relay=RTCIceServer(**relay))
        try:
            await browser.negotiate()
            offered = [line for line in browser.pc.localDescription.sdp.splitlines() if "a=candidate" in line]
            assert offered
            assert all(" typ relay " in line for line in offered)
            await browser.connected()
            await browser.ready()
            await browser.hear("bot-stopped-speaking")
            greeted_s = browser.loud_seconds()
            await browser.say()
            heard = await browser.hear("user-transcription")
            await browser.hear("bot-stopped-speaking")
            assert heard["data"]["text"] == "hello there"
            assert browser.loud_seconds() > greeted_s > 0
            await browser.tell("disconnect-bot")
            assert await browser.ended() == EndReason.CALLER_LEFT
        finally:
            await browser.leave()


async def test_credentials_end_with_their_time(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Whoever kept theirs gets no relay, and with that no way in."""
    over = replace(TURN, ttl=timedelta(seconds=-1))
    async with coturn(tmp_path, TURN) as url, doors(pool, turn=replace(over, urls=[url])) as world:
        started = await world.start(world.sign_in(), transport="webrtc")
        _stun, relay = started["iceConfig"]["iceServers"]
        browser = Browser(world.http, started["webrtcRequestParams"]["endpoint"], relay=RTCIceServer(**relay))
        try:
            assert "a=candidate" not in await browser.offered()
        finally:
            await browser.leave()


async def test_doctor_borrows_a_relay(tmp_path: Path) -> None:
    """With what callers would be given, and it is given back; another secret is refused."""
    async with coturn(tmp_path, TURN) as url:

        async def found(secret: str) -> Finding:
            settings = Settings(_env_file=None, turn_urls=(url,), turn_secret=secret)
            (finding,) = await outside.ice(settings)
            return finding

        assert (await found(TURN.secret)).text == f"{url} lends a relay at 127.0.0.1"
        assert "TURN_SECRET" in (await found("another")).text
        # There is only one to lend, for ten minutes unless it is given back.
        async with asyncio.timeout(DEADLINE_S):
            while not (await found(TURN.secret)).well:  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.05)
