"""What POST …/voice/start answers, for each transport."""

import base64
import hashlib
import hmac
from typing import Any

import asyncpg
import pytest
from yarl import URL

from auth.principals import Kind
from tests.doubles import Doubles
from tests.voice_world import TURN, World, doors, now


async def test_webrtc_answers_what_the_javascript_client_connects_with(pool: asyncpg.Pool) -> None:
    """Where to send the offer, on the host that was called, with a ticket in it; and the ICE servers, without nulls."""
    async with doors(pool) as world:
        answer = await world.start(world.sign_in(), transport="webrtc")

        endpoint = URL(answer["webrtcRequestParams"]["endpoint"])
        assert answer.keys() == {"webrtcRequestParams", "iceConfig"}
        assert answer["webrtcRequestParams"].keys() == {"endpoint"}
        assert endpoint.with_query(None) == world.user / "user/voice/offer"
        assert (await world.tickets.redeem(endpoint.query["token"], kind=Kind.USER)).principal.kind is Kind.USER
        assert answer["iceConfig"]["iceServers"][0] == {"urls": ["stun:stun.test:3478"]}


async def test_turn_credentials_end_with_their_time(pool: asyncpg.Pool) -> None:
    """As coturn checks them: the end and who it is for, signed with the shared secret."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        began = now()
        turn = (await world.start(bearer, transport="webrtc"))["iceConfig"]["iceServers"][1]

        ends, _, who = turn["username"].partition(":")
        signed = base64.b64decode(turn["credential"])
        assert turn["urls"] == ["turn:turn.test:3478?transport=udp"]
        assert signed == hmac.digest(TURN.secret.encode(), turn["username"].encode(), hashlib.sha1)
        assert int((began + TURN.ttl).timestamp()) <= int(ends) <= int((now() + TURN.ttl).timestamp())
        assert who == str(world.guard.principals[bearer].id)


async def test_the_greeting_is_made_while_the_client_connects(pool: asyncpg.Pool) -> None:
    """Already the first caller hears it at once."""
    wanted: list[str] = []

    class Preparing(Doubles):
        """Doubles that note what should be prepared."""

        def prepared(self, text: str) -> bytes | None:
            """There is nothing yet."""
            wanted.append(text)
            return None

    async with doors(pool, providers=Preparing(), greeting="Welcome") as world:
        await world.start(world.sign_in())
        assert wanted == ["Welcome"]


async def test_a_store_that_sends_nothing_gets_a_socket(pool: asyncpg.Pool) -> None:
    """The body of a test call is optional."""
    async with doors(pool) as world:
        assert (await _start(world, Kind.STORE, None))[1].keys() == {"wsUrl", "token"}


@pytest.mark.parametrize(
    ("kind", "body", "refusal"),
    [
        (Kind.USER, {"store": "leaf", "transport": "daily"}, (404, "transport_not_offered")),
        (Kind.STORE, {"transport": "daily"}, (404, "transport_not_offered")),
        (Kind.USER, {"store": "leaf", "transport": "pigeon"}, (400, "invalid_request")),
        (Kind.STORE, {"store": "leaf"}, (400, "invalid_request")),
        (Kind.STORE, {"playback_rate_hz": 96_000}, (400, "invalid_request")),
    ],
)
async def test_what_cannot_be_had_is_refused(
    pool: asyncpg.Pool, kind: Kind, body: dict[str, str | int], refusal: tuple[int, str]
) -> None:
    """A transport that is not offered, one that nobody knows, and a store that names another."""
    async with doors(pool) as world:
        status, answer = await _start(world, kind, body)

        assert (status, answer["error"]["code"]) == refusal


async def _start(world: World, kind: Kind, body: dict[str, str | int] | None) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {world.sign_in(kind)}"}
    async with world.http.post(world.host(kind) / f"{kind}/voice/start", json=body, headers=headers) as response:
        return response.status, await response.json()
