"""The websocket door with real sockets, a real database and doubles for the providers.

Each test ends with `doors` making sure that no session, task, socket or file is left.
"""

import asyncio
from urllib.parse import quote

import asyncpg
import pytest
from yarl import URL

from auth.principals import Kind
from pipelines.doors.tickets import Admission
from pipelines.limits import CloseCode, EndReason
from tests.voice_world import RATE_HZ, Caller, World, doors


async def test_a_conversation(pool: asyncpg.Pool) -> None:
    """Greeting, question, answer, goodbye: the official client's order of events."""
    async with doors(pool) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-ready")
        await caller.hear("bot-stopped-speaking")
        greeting = caller.audio()
        await caller.say()
        heard = await caller.hear("user-transcription")
        await caller.hear("bot-stopped-speaking")
        await caller.tell("disconnect-bot")

        assert await caller.closing() == CloseCode.GOODBYE
        assert heard["data"]["text"] == "hello there"
        assert "You said hello there." in caller.said()
        assert sum(len(audio.pcm) for audio in greeting) >= 0.3 * RATE_HZ * 2
        assert {(len(audio.pcm), audio.sample_rate_hz, audio.channels) for audio in caller.audio()} == {
            (1_280, RATE_HZ, 1)
        }
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_store_talks_to_its_own_assistant(pool: asyncpg.Pool) -> None:
    """The store host needs no name, and its ticket opens its own door."""
    async with doors(pool) as world, world.call(kind=Kind.STORE) as caller:
        await caller.ready()
        await caller.hear("bot-started-speaking")


async def test_who_never_says_ready_is_greeted_too(pool: asyncpg.Pool) -> None:
    """A client without RTVI hears the greeting after a moment."""
    async with doors(pool) as world, world.call() as caller:
        await caller.hear("bot-started-speaking")


async def test_who_speaks_first_is_not_greeted(pool: asyncpg.Pool) -> None:
    """The greeting does not talk over the caller."""
    async with doors(pool) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-stopped-speaking")

        assert "Welcome" not in caller.said()


async def test_native_clients_come_with_their_access_token(pool: asyncpg.Pool) -> None:
    """`Authorization` on the upgrade, and the store's name in the query."""
    async with doors(pool) as world:
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        url = world.user / "user/voice/ws" % {"store": "leaf"}
        async with world.http.ws_connect(url, headers=headers) as socket:
            await Caller(socket).hear("bot-started-speaking")


async def test_start_answers_what_the_javascript_client_takes(pool: asyncpg.Pool) -> None:
    """Exactly two keys; the URL is where the client called."""
    async with doors(pool) as world:
        answer = await world.start(world.sign_in())

        assert answer.keys() == {"wsUrl", "token"}
        assert answer["wsUrl"] == f"ws://127.0.0.1:{world.user.port}/user/voice/ws"


async def test_audio_comes_at_the_rate_that_the_client_plays(pool: asyncpg.Pool) -> None:
    """A client that does not read the frames' rate names its own to `start`, and finds it in the URL."""
    async with doors(pool) as world:
        wanted = {"store": "leaf", "playback_rate_hz": 24_000}
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.post(world.user / "user/voice/start", json=wanted, headers=headers) as response:
            answer = await response.json()
        url = URL(answer["wsUrl"]).update_query(token=answer["token"])
        async with world.http.ws_connect(url) as socket:
            caller = Caller(socket)
            await caller.hear("bot-stopped-speaking")

        assert {audio.sample_rate_hz for audio in caller.audio()} == {24_000}
        assert len(caller.audio()[0].pcm) == 24_000 // 25 * 2


async def test_a_ticket_opens_the_door_once(pool: asyncpg.Pool) -> None:
    """While its first caller talks and after."""
    async with doors(pool) as world:
        answer = await world.start(world.sign_in())
        async with world.http.ws_connect(answer["wsUrl"], params={"token": answer["token"]}):
            assert await world.refusal(token=answer["token"]) == (401, "ticket_refused")
        assert await world.refusal(token=answer["token"]) == (401, "ticket_refused")


async def test_a_request_without_the_handshake_spends_no_ticket(pool: asyncpg.Pool) -> None:
    """It is told to come as a websocket."""
    async with doors(pool) as world:
        answer = await world.start(world.sign_in())
        async with world.http.get(world.user / "user/voice/ws", params={"token": answer["token"]}) as response:
            assert (response.status, response.headers["Upgrade"]) == (426, "websocket")
            assert (await response.json())["error"]["code"] == "upgrade_required"
        async with world.http.ws_connect(answer["wsUrl"], params={"token": answer["token"]}) as socket:
            assert not socket.closed


async def test_of_two_that_redeem_at_once_one_gets_in(pool: asyncpg.Pool) -> None:
    """PostgreSQL decides."""
    async with doors(pool) as world:
        token = await world.tickets.issue(_admission(world))
        results = await asyncio.gather(
            *(world.tickets.redeem(token, kind=Kind.USER) for _ in range(8)), return_exceptions=True
        )

        assert sum(isinstance(result, Admission) for result in results) == 1


async def test_a_ticket_of_the_other_host_is_refused(pool: asyncpg.Pool) -> None:
    """A user's ticket opens nothing at the store's host."""
    async with doors(pool) as world:
        token = (await world.start(world.sign_in()))["token"]

        assert await world.refusal(kind=Kind.STORE, token=token) == (401, "ticket_refused")


async def test_without_anything_nobody_gets_in(pool: asyncpg.Pool) -> None:
    """Neither ticket nor access token."""
    async with doors(pool) as world:
        assert await world.refusal() == (401, "access_token_missing")
        assert await world.refusal(token="") == (401, "ticket_refused")


async def test_a_revoked_sign_in_makes_its_ticket_worthless(pool: asyncpg.Pool) -> None:
    """Signed out between start and connect."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        token = (await world.start(bearer))["token"]
        world.guard.revoked.add(world.guard.principals[bearer].session_id)

        assert await world.refusal(token=token) == (401, "session_ended")


async def test_pages_of_other_sites_are_refused(pool: asyncpg.Pool) -> None:
    """Only origins on the list, exactly: the host's own name over another scheme is another site."""
    listed = "https://shop.example"
    async with doors(pool, origins=(listed,)) as world:
        others = (
            "https://evil.example",
            "https://shop.example.evil.example",
            "http://shop.example",
            str(world.user.origin()),
            "null",
        )
        for origin in others:
            assert await world.refusal(token="any", origin=origin) == (403, "origin_refused")
        answer = await world.start(world.sign_in())
        url, params = answer["wsUrl"], {"token": answer["token"]}
        async with world.http.ws_connect(url, params=params, origin=listed) as socket:
            assert not socket.closed


async def test_a_full_house_answers_503_at_both_doors(pool: asyncpg.Pool) -> None:
    """With a time to come back; a place that is given up is free again."""
    async with doors(pool, capacity=1) as world:
        token = (await world.start(world.sign_in()))["token"]
        async with world.call():
            assert await world.refusal(token=token) == (503, "capacity_reached")
            url = world.user / "user/voice/start"
            headers = {"Authorization": f"Bearer {world.sign_in()}"}
            async with world.http.post(url, json={"store": "leaf"}, headers=headers) as response:
                assert (response.status, response.headers["Retry-After"]) == (503, "10")
        await world.empty()
        async with world.call():
            pass


async def test_an_unknown_store_answers_404(pool: asyncpg.Pool) -> None:
    """Nothing is issued."""
    async with doors(pool) as world:
        url = world.user / "user/voice/start"
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.post(url, json={"store": "nobody"}, headers=headers) as response:
            assert response.status == 404


@pytest.mark.parametrize("store", ["\0", "", "Leaf", "leaf\n", "le\ud800af", "l" * 49])
async def test_what_cannot_be_a_stores_name_is_refused(pool: asyncpg.Pool, store: str) -> None:
    """At both doors, before the database is asked."""
    async with doors(pool) as world:
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.post(world.user / "user/voice/start", json={"store": store}, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (400, "invalid_request")
        quoted = quote(store, errors="surrogatepass")
        url = URL(f"{world.user}/user/voice/ws?store={quoted}", encoded=True)
        async with world.http.get(url, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (400, "invalid_request")


async def test_who_names_no_store_is_told(pool: asyncpg.Pool) -> None:
    """The field that is missing, and nothing else."""
    async with doors(pool) as world:
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.get(world.user / "user/voice/ws", headers=headers) as response:
            assert (await response.json())["error"] == {"code": "invalid_request", "message": "store: Field required"}


def _admission(world: World) -> Admission:
    principal = world.guard.principals[world.sign_in()]
    return Admission(principal, world.leaf.store_id)
