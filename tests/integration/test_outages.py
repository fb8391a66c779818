"""PostgreSQL goes away, is slow or has no connection left, or the disk is full, while people talk: nobody notices.

Nothing that was said is lost, and nothing is written twice.
"""

import asyncio
from pathlib import Path

import asyncpg
import pytest
import structlog

from pipelines.conversations import recording
from pipelines.conversations.backlog import Backlog
from pipelines.conversations.records import Speaker
from server import database
from server.settings import Settings
from tests.cable import cable
from tests.raw_http import exchange, post
from tests.talking import ASKED, QUESTION, TOLD, house

DEADLINE_S = 15.0


def settings(folder: Path) -> Settings:
    """A server of its own, which records its calls."""
    return Settings(_env_file=None, data_dir=folder, recordings="on")


def login(name: str = "a") -> bytes:
    """Somebody whom the server does not know tries to log in."""
    return post("/user/auth/login", f'{{"email": "{name}@b.example", "password": "x"}}'.encode())


def exchanged(*told: str) -> list[tuple[str, str]]:
    """What is on record of the question, each time with its answer."""
    return [turn for answer in told for turn in ((Speaker.CALLER, ASKED), (Speaker.ASSISTANT, answer))]


async def on_record(pool: asyncpg.Pool) -> list[list[tuple[str, str]]]:
    """What is on record of each conversation after its greeting, the longest first; each was hung up by its caller."""
    ends = await pool.fetch("SELECT id, end_reason FROM conversations")
    assert {row["end_reason"] for row in ends} == {"caller_left"}
    turns = await pool.fetch("SELECT conversation_id, speaker, text FROM turns ORDER BY position")
    said = [[(turn["speaker"], turn["text"]) for turn in turns if turn["conversation_id"] == row["id"]] for row in ends]
    return sorted((each[1:] for each in said), key=len, reverse=True)


async def test_what_is_said_while_the_database_is_away_is_written_when_it_is_back(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    """One call goes on through the absence, another ends in it; both are on record, whole and once."""
    async with (
        cable(database_url) as (over_cable, line),
        house(settings(tmp_path), over_cable) as there,
        there.call() as staying,
    ):
        async with there.call() as leaving:
            line.cut()
            first, last = [(await caller.say(QUESTION)).said for caller in (staying, leaving)]
            reply = await exchange(there.port, login())
            assert (reply.status, "Retry-After" in reply.headers) == (503, True)
        async with asyncio.timeout(DEADLINE_S):
            while len(there.services.registry) > 1:  # noqa: ASYNC110 - the registry has no event for it
                await asyncio.sleep(0.05)
        line.mend()
        assert (await staying.say(QUESTION)).said == TOLD
    assert await on_record(pool) == [exchanged(first, TOLD), exchanged(last)]


async def test_with_a_slow_database_calls_go_on(database_url: str, pool: asyncpg.Pool, tmp_path: Path) -> None:
    """Each message takes 100 ms, so each query 200: every question is answered, and every word written."""
    async with (
        cable(database_url) as (over_cable, line),
        house(settings(tmp_path), over_cable) as there,
        there.call() as caller,
    ):
        line.delay_s = 0.1
        assert [(await caller.say(QUESTION)).said for _ in range(2)] == [TOLD, TOLD]
    assert await on_record(pool) == [exchanged(TOLD, TOLD)]


async def test_with_no_connection_left_calls_go_on(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection waits for somebody's lock: who asks is told to come back, and who talks is answered."""
    monkeypatch.setattr(database, "ACQUIRE_TIMEOUT_S", 0.2)
    async with house(settings(tmp_path), database_url) as there, there.call() as caller:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE throttle, turns")
            stuck = [
                asyncio.create_task(exchange(there.port, login(f"somebody-{number}")))
                for number in range(database.POOL_SIZE)
            ]
            full = f'storeline_used{{what="database_connections"}} {database.POOL_SIZE}.0'.encode()
            async with asyncio.timeout(DEADLINE_S):
                while full not in there.services.metrics.text():  # noqa: ASYNC110 - a figure has no event
                    await asyncio.sleep(0.01)
            reply = await exchange(there.port, login())
            assert (reply.status, "Retry-After" in reply.headers) == (503, True)
            first = (await caller.say(QUESTION)).said
        assert {(await reply).status for reply in stuck} <= {401, 503}
        assert (await caller.say(QUESTION)).said == TOLD
    assert await on_record(pool) == [exchanged(first, TOLD)]


async def test_a_full_disk_costs_the_recording_alone(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says that no space is left: the call goes on, is on record, and the loss is told."""
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(recording, "part_of", lambda _file: full)
    with structlog.testing.capture_logs() as logged:
        async with house(settings(tmp_path), database_url) as there, there.call() as caller:
            assert [(await caller.say(QUESTION)).said for _ in range(2)] == [TOLD, TOLD]
    assert await on_record(pool) == [exchanged(TOLD, TOLD)]
    assert {"recording_failed", "recording_incomplete"} <= {event["event"] for event in logged}
    assert list((tmp_path / "recordings").iterdir()) == []


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
