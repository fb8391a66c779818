"""Telephones at Daily: who calls, who is called, and how far a call has come."""

import asyncio
import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from auth.tokens.keys import shared_secret
from telephony.calls import Provider
from telephony.daily.signatures import SIGNATURE, TIMESTAMP
from tests.daily_cloud import Person
from tests.daily_world import NUMBER, DailyWorld
from tests.services import DEADLINE_S

CALLER, FRIEND = "+12025550199", "+12025550142"


def signed(folder: Path, body: bytes, *, at: float, milliseconds: bool = True) -> dict[str, str]:
    """The headers with which Daily sends a body."""
    stamp = str(round(at * 1000) if milliseconds else round(at))
    key = shared_secret(folder / "keys" / "daily.key")
    signature = base64.b64encode(hmac.digest(key, f"{stamp}.".encode() + body, "sha256")).decode()
    return {TIMESTAMP: stamp, SIGNATURE: signature, "Content-Type": "application/json"}


def told(call_id: str, *, number: str = NUMBER, caller: str = CALLER) -> bytes:
    """What Daily says of a call; spaces and all, for what is signed is what was sent."""
    return json.dumps({"To": number, "From": caller, "callId": call_id, "callDomain": "leaf-domain"}).encode()


async def post(world: DailyWorld, body: bytes, headers: dict[str, str]) -> int:
    """Send the webhook."""
    url = world.url / "phone/daily/dialin"
    async with world.http.post(url, data=body, headers={"Host": "store.localhost", **headers}) as answer:
        return answer.status


def signed_call(folder: Path, number: str) -> tuple[bytes, dict[str, str]]:
    """The webhook of a new call to a number."""
    body = told(str(uuid4()), number=number)
    return body, signed(folder, body, at=datetime.now(UTC).timestamp())


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
