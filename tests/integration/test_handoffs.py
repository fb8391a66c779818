"""A conversation goes on in another process: told to, or because its caller came there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from yarl import URL

from pipelines.limits import CloseCode, EndReason
from server.demo import STORE_SLUG
from tests import working
from tests.doubles import Doubles
from tests.live_world import USER_HOST, LiveWorld, Process, two_processes, until
from tests.voice_world import DEADLINE_S, Client
from tests.webrtc_world import Browser

ASKED = "What would you plant in your own garden?"
# No figures, which the store would have to have said.
WORDS = [
    *("alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima"),
    *("mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango"),
]

# A third of the story is told to nobody.
VOID_S = 0.6
# aiortc's buffer, here the clients', keeps back 80 ms of each connection.
KEPT_BACK_S = 0.2


@pytest.fixture
async def asked() -> list[str]:
    """What the model was asked."""
    return []


@pytest.fixture
async def world(database_url: str, tmp_path: Path, asked: list[str]) -> AsyncIterator[LiveWorld]:
    """Two processes whose model tells one story."""

    def answer(question: str) -> str:
        asked.append(question)
        return " ".join(WORDS)

    doubles = Doubles(heard=lambda _audio: ASKED, answer=answer)
    async with two_processes(database_url, tmp_path, providers=doubles) as world:
        yield world
        await world.there.empty()


async def interrupted(caller: Client) -> str:
    """Ask for the story, hear some of it, and return the token to come back with."""
    while not (tokens := [told["data"].get("token") for told in caller.told("server-message")]):
        await caller.receive()
    await caller.hear("bot-stopped-speaking")
    await caller.say()
    await caller.hear("bot-started-speaking")
    before_s = caller.heard_s()
    while caller.heard_s() < before_s + 0.5:
        await caller.receive()
    return str(tokens[0])


@asynccontextmanager
async def browsing(process: Process, bearer: str, *, resume: str | None = None) -> AsyncIterator[Browser]:
    """Call the demo store over WebRTC; with a resume token, come back. What is said first has begun."""
    headers = {"Host": USER_HOST, "Authorization": f"Bearer {bearer}"}
    wanted = {"store": STORE_SLUG, "transport": "webrtc", "resume": resume is not None}
    async with process.client.post("/user/voice/start", json=wanted, headers=headers) as started:
        endpoint = URL((await started.json())["webrtcRequestParams"]["endpoint"]).relative()
    browser = Browser(process.client, str(endpoint.extend_query(resume=resume or [])), host=USER_HOST)
    try:
        await browser.negotiate()
        await browser.connected()
        await browser.ready()
        await browser.hear("bot-started-speaking")
        yield browser
    finally:
        await browser.leave()


async def turns(pool: asyncpg.Pool) -> list[Any]:
    """All that is on record; there is one conversation."""
    assert await pool.fetchval("SELECT count(*) FROM conversations") == 1
    rows: list[Any] = await pool.fetch("SELECT position, speaker, text, unheard FROM turns ORDER BY position")
    return rows


async def refusal(world: LiveWorld, bearer: str, resume: str) -> int:
    """The status with which the other process refuses somebody."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with world.there.call(bearer, resume=resume):
            pass
    return refused.value.status


async def test_a_process_that_stops_sends_its_callers_on(world: LiveWorld, pool: asyncpg.Pool) -> None:
    """The rest of the sentence is said there, in the same conversation, and its record has neither hole nor double."""
    bearer = await world.here.log_in("user")
    async with world.here.call(bearer) as caller:
        token = await interrupted(caller)
        draining = asyncio.create_task(world.here.services.registry.drain(timeout_s=DEADLINE_S))
        assert (await caller.hear_server("resume-now"))["token"] == token
        assert await caller.closing() == CloseCode.HANDED_OFF
        assert await draining
    assert await world.staff.running() != []
    async with world.there.call(bearer, resume=token) as returned:
        await returned.hear("bot-stopped-speaking")
        assert await refusal(world, bearer, token) == 409
        await returned.tell("disconnect-bot")
        assert await returned.closing() == CloseCode.GOODBYE
    await until(lambda: len(world.there.services.registry) == 0)

    _greeting, question, first, rest = await turns(pool)
    assert (question["text"], first["speaker"]) == (ASKED, "assistant")
    assert first["text"].split() == WORDS[: len(first["text"].split())]
    assert [*first["text"].split(), *rest["text"].split()] == WORDS
    assert first["unheard"] == rest["text"]
    assert await pool.fetchval("SELECT end_reason FROM conversations") == "caller_left"
    # The last that goes; its process has forgotten the conversation by then.
    await working.until(lambda: pool.fetchval("SELECT count(*) = 0 FROM voice_places"))


async def test_who_lost_the_network_may_come_to_another_process(
    world: LiveWorld, pool: asyncpg.Pool, asked: list[str]
) -> None:
    """Theirs lets go when it is asked, to nobody but them; the model there knows what was said here."""
    bearer = await world.here.log_in("user")
    async with world.here.call(bearer) as caller:
        token = await interrupted(caller)
        caller.drop()
        assert await refusal(world, bearer, "guess") == 409
        assert await refusal(world, await world.there.log_in("user"), token) == 409
        async with world.there.call(bearer, resume=token) as returned:
            await until(lambda: len(world.here.services.registry) == 0)
            await returned.hear("bot-stopped-speaking")
            await returned.say()
            await returned.hear("bot-stopped-speaking")
            await returned.tell("disconnect-bot")
            await returned.closing()
    await until(lambda: len(world.there.services.registry) == 0)
    said = [row["text"] for row in await turns(pool)]
    assert said.count(ASKED) == len(asked) == 2
    assert " ".join([*said[2].split(), *said[3].split()]) == " ".join(WORDS)


async def test_who_lost_the_network_over_webrtc_may_come_to_another_process(
    world: LiveWorld, pool: asyncpg.Pool
) -> None:
    """What went into the void before anybody knew is said again there, and from there they may be sent on."""
    bearer = await world.here.log_in("user")
    async with browsing(world.here, bearer) as browser:
        token = await interrupted(browser)
        browser.vanish()
        await asyncio.sleep(VOID_S)
        async with browsing(world.there, bearer, resume=token) as returned:
            assert len(world.here.services.registry) == 0
            await returned.hear("bot-stopped-speaking")
            draining = asyncio.create_task(world.there.services.registry.drain(timeout_s=DEADLINE_S))
            assert (await returned.hear_server("resume-now"))["token"] != token
            assert await returned.ended() == EndReason.HANDED_OFF
            assert await draining
        heard_s = browser.loud_seconds() + returned.loud_seconds()
    greeting, question, first, rest = [row["text"] for row in await turns(pool)]
    assert question == ASKED
    assert f"{first} {rest}".split() == WORDS
    assert heard_s >= len([*greeting.split(), *WORDS]) * Doubles().seconds_per_word - KEPT_BACK_S


async def test_of_two_who_come_to_two_processes_one_comes_in(world: LiveWorld) -> None:
    """The place is given over once."""
    bearer = await world.here.log_in("user")

    async def come_back(process: Process, token: str) -> bool:
        try:
            headers = {"Host": USER_HOST, "Authorization": f"Bearer {bearer}"}
            path = f"/user/voice/ws?store={STORE_SLUG}&resume={token}"
            async with process.client.ws_connect(path, headers=headers):
                return True
        except aiohttp.WSServerHandshakeError:
            return False

    async with world.here.call(bearer) as caller:
        token = await interrupted(caller)
        caller.drop()
        came = await asyncio.gather(*[come_back(world.there, token) for _ in range(3)], come_back(world.here, token))
        assert came.count(True) == 1


async def test_what_nobody_comes_back_to_is_ended(world: LiveWorld, pool: asyncpg.Pool) -> None:
    """A process was killed a minute ago: another one ends what it held, as of then, and summarises it."""
    async with world.here.call():
        conversation_id = (await world.staff.on_record())["id"]
        await pool.execute(
            """
            UPDATE voice_places
            SET holder = gen_random_uuid(), held_until = now() - interval '40 s',
                resumable_until = now() - interval '1 s'
            """
        )
        places = world.there.services.user.doors._places  # noqa: SLF001 - it would do so every five seconds
        await places.end_abandoned()
        row = await pool.fetchrow(
            "SELECT id, end_reason, ended_at < now() - interval '59 s' AS as_of_then FROM conversations"
        )
        assert row is not None
        assert (str(row["id"]), row["end_reason"], row["as_of_then"]) == (conversation_id, "connection_lost", True)
        assert await pool.fetchval("SELECT count(*) FROM procrastinate_jobs") == 1
