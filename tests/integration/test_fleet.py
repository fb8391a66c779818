"""Several real processes over one database: deploys and crashes under conversations, and what each knows of others."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import WSMsgType
from yarl import URL

from pipelines.caller import line as callers_line
from pipelines.caller.client import VoiceClient, open_http
from pipelines.caller.line import Line, NoAnswer
from pipelines.limits import CloseCode
from pipelines.watch import ENDED_BY_STORE
from server.demo import DEMO_PASSWORD, DEMO_USER_EMAIL, STORE_SLUG
from tests.doubles import tone
from tests.fleet import Fleet, fleet, free_port
from tests.live_world import STORE_HOST, USER_HOST, Staff

CONVERSATIONS = 6
RATE_HZ = 16_000
QUESTION = tone(seconds=0.5, rate_hz=RATE_HZ) + bytes(RATE_HZ)
PATIENCE_S = 90.0


@pytest.fixture
async def processes(database_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """None yet."""
    async with fleet(database_url, tmp_path) as started:
        yield started


class Person:
    """Asks, listens to the answer, and asks again."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.answered = 0
        self.talking = asyncio.create_task(self._talk())

    async def _talk(self) -> None:
        await self.line.greeting()
        while True:
            # Nobody heard what was being said when a process was killed: people then say it again.
            with contextlib.suppress(NoAnswer):
                await self.line.say(QUESTION)
                self.answered += 1


@asynccontextmanager
async def people(url: URL, number: int) -> AsyncIterator[list[Person]]:
    """So many, all as the demo's user; each of them is still there at the end."""
    async with open_http() as http, AsyncExitStack() as stack:
        client = VoiceClient(http, url)
        await client.sign_in(email=DEMO_USER_EMAIL, password=DEMO_PASSWORD)
        lines = [await stack.enter_async_context(client.line(store=STORE_SLUG, rate_hz=RATE_HZ)) for _ in range(number)]
        talking = [Person(line) for line in lines]
        try:
            yield talking
            assert not [person for person in talking if person.talking.done()]
        finally:
            for person in talking:
                person.talking.cancel()
            await asyncio.gather(*(person.talking for person in talking), return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition of callers, who have no event for it."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


async def all_answered(talking: list[Person]) -> None:
    """Wait until everybody has heard one more answer to its end."""
    before = {person: person.answered for person in talking}
    await until(lambda: all(person.answered > answered for person, answered in before.items()))


def gaps_ms(talking: list[Person]) -> list[int]:
    """How long each was without a line, each time."""
    return sorted(round(gap_s * 1000) for person in talking for gap_s in person.line.gaps_s)


async def spoken(pool: asyncpg.Pool) -> dict[Any, list[str]]:
    """What is on record, by conversation."""
    rows = await pool.fetch("SELECT conversation_id, text FROM turns ORDER BY conversation_id, position")
    said: dict[Any, list[str]] = {}
    for row in rows:
        said.setdefault(row["conversation_id"], []).append(row["text"])
    return said


async def test_a_rolling_restart_loses_nobody(processes: Fleet, pool: asyncpg.Pool) -> None:
    """Both processes are replaced under conversations, each of which goes on in another one, and stays one."""
    port = free_port()
    old = [await processes.start(port) for _ in range(2)]
    async with people(old[0].url, CONVERSATIONS) as talking:
        await all_answered(talking)
        for member in old:
            await processes.start(port)
            await member.stop()
            assert member.process.returncode == 0
        await all_answered(talking)
        assert len(gaps_ms(talking)) >= CONVERSATIONS
        print(f"without a line: {gaps_ms(talking)} ms")  # noqa: T201 - what the test measures beside
    said = await spoken(pool)
    assert len(said) == CONVERSATIONS
    assert await pool.fetchval("SELECT count(*) FROM conversations") == CONVERSATIONS


async def test_a_killed_process_loses_nothing_that_is_on_record(
    processes: Fleet, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its conversations go on in the other one, with what was said."""
    monkeypatch.setattr(callers_line, "ANSWER_TIMEOUT_S", 10.0)
    port = free_port()
    doomed = await processes.start(port)
    async with people(doomed.url, 4) as talking:
        await all_answered(talking)
        before = await spoken(pool)
        await processes.start(port)
        await doomed.kill()
        await until(lambda: len(gaps_ms(talking)) == 4)
        await all_answered(talking)
        print(f"without a line after SIGKILL: {gaps_ms(talking)} ms")  # noqa: T201 - as above
    after = await spoken(pool)
    assert before.keys() == after.keys()
    assert all(after[each][: len(said)] == said and len(after[each]) > len(said) for each, said in before.items())


async def test_three_processes_know_of_each_other(processes: Fleet) -> None:
    """Whatever a process has, the others see and reach: conversations, limits, and the end of a sign-in."""
    limits = {"VOICE_MAX_SESSIONS_PER_CALLER": "3"}
    async with AsyncExitStack() as stack:
        first, second, third = [
            await stack.enter_async_context((await processes.start(free_port(), **limits)).reached()) for _ in range(3)
        ]
        staff, bearer = Staff(second, await second.log_in("store")), await third.log_in("user")

        # The live view, and what staff does there, reach a conversation of another process.
        ended = await stack.enter_async_context(first.call(bearer))
        conversation_id = (await staff.on_record())["id"]
        await ended.hear("bot-stopped-speaking")
        assert (await staff.ask("POST", f"/live/{conversation_id}/whisper", {"text": "Be brief."})).status == 204
        ticket = await staff.told("POST", f"/live/{conversation_id}/listen")
        url = URL(ticket["wsUrl"]).relative().with_query(token=ticket["token"])
        async with second.client.ws_connect(url, headers={"Host": STORE_HOST}) as headset:
            await headset.send_str(json.dumps({"type": "take-over"}))
            async for message in headset:
                if message.type is WSMsgType.TEXT:
                    assert json.loads(message.data)["type"] == "taken-over"
                    break
        assert (await staff.ask("POST", f"/live/{conversation_id}/end")).status == 204
        assert await ended.closing() == CloseCode.GOODBYE
        assert ENDED_BY_STORE in ended.said()

        # Conversations count wherever they are.
        callers = [await stack.enter_async_context(each.call(bearer)) for each in (first, second, third)]
        for each in (first, third):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await stack.enter_async_context(each.call(bearer))
            assert refused.value.status == 429

        # Signed out at one, hung up on at all.
        began_s = time.monotonic()
        headers = {"Host": USER_HOST, "Authorization": f"Bearer {bearer}"}
        async with third.client.post("/user/auth/logout", json={}, headers=headers) as answer:
            assert answer.ok, await answer.text()
        assert [await caller.closing() for caller in callers] == [CloseCode.REVOKED] * 3
        print(f"hung up {(time.monotonic() - began_s) * 1000:.0f} ms after signing out")  # noqa: T201 - as above
