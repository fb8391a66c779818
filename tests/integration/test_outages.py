"""PostgreSQL goes away while people talk: nobody who talks notices, and nothing that was said is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from yarl import URL

from pipelines.caller.client import VoiceClient, open_http
from pipelines.caller.line import Line
from pipelines.conversations.backlog import Backlog
from pipelines.conversations.records import Speaker
from server import app, demo
from server.services import open_services
from server.settings import Settings
from tests.cable import cable
from tests.doubles import Doubles, tone
from tests.raw_http import exchange, post, served

RATE_HZ = 16_000
QUESTION = tone(seconds=0.6, rate_hz=RATE_HZ) + bytes(RATE_HZ)
ASKED = "Tell me a story."
DEADLINE_S = 15.0


@asynccontextmanager
async def call(url: URL) -> AsyncIterator[Line]:
    """Talk to the demo's store as its demo user, and hang up."""
    async with open_http() as http:
        client = VoiceClient(http, url)
        await client.sign_in(email=demo.DEMO_USER_EMAIL, password=demo.DEMO_PASSWORD)
        async with client.line(store=demo.STORE_SLUG, rate_hz=RATE_HZ) as line:
            await line.greeting()
            yield line


async def test_what_is_said_while_the_database_is_away_is_written_when_it_is_back(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    """One call goes on through the absence, another ends in it; both are on record, whole and once."""
    providers = Doubles(heard=lambda _audio: ASKED, answer=lambda _question: "Once upon a time.")
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with (
        cable(database_url) as (database_over_cable, line),
        open_services(settings, database_over_cable, providers) as services,
        served(app.build(settings, services)) as port,
    ):
        await demo.seed(services)
        url = URL.build(scheme="http", host="user.localhost", port=port)
        async with call(url) as staying:
            async with call(url) as leaving:
                line.cut()
                told = [[(await caller.say(QUESTION)).said] for caller in (staying, leaving)]
                reply = await exchange(port, post("/user/auth/login", b'{"email": "a@b.example", "password": "x"}'))
                assert (reply.status, "Retry-After" in reply.headers) == (503, True)
            async with asyncio.timeout(DEADLINE_S):
                while len(services.registry) > 1:  # noqa: ASYNC110 - the registry has no event for it
                    await asyncio.sleep(0.05)
            line.mend()
            told[0].append((await staying.say(QUESTION)).said)
    turns = await pool.fetch("SELECT conversation_id, speaker, text FROM turns ORDER BY conversation_id, position")
    said: dict[object, list[tuple[str, str]]] = {}
    for turn in turns:
        said.setdefault(turn["conversation_id"], []).append((turn["speaker"], turn["text"]))
    for whole, heard in zip(sorted(said.values(), key=len, reverse=True), told, strict=True):
        exchanged = [pair for answer in heard for pair in ((Speaker.CALLER, ASKED), (Speaker.ASSISTANT, answer))]
        assert whole[1:] == exchanged
    ends = await pool.fetch("SELECT end_reason FROM conversations")
    assert [row["end_reason"] for row in ends] == ["caller_left"] * 2


async def test_a_backlog_has_an_end() -> None:
    """What does not fit, or is not taken in time, is given up, and no task stays behind."""
    never = asyncio.Event()
    backlog = Backlog(max_journals=1)
    kept, refused = (asyncio.create_task(_forever(never)) for _ in range(2))
    assert backlog.take(kept)
    assert not backlog.take(refused)
    refused.cancel()
    await backlog.close(within_s=0.01)
    assert kept.cancelled()
    assert len(backlog) == 0


async def _forever(event: asyncio.Event) -> None:
    await event.wait()
