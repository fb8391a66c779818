"""Work after the call: a queue in PostgreSQL, and a process of its own that empties it."""

import signal
from importlib.metadata import version
from pathlib import Path

import asyncpg
import pytest
from procrastinate.schema import SchemaManager

from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation, Ending
from server.database import MIGRATIONS
from tests.integration.test_conversations import MINUTE, NOW, settle
from tests.working import until, worker


async def ended(pool: asyncpg.Pool) -> Conversation:
    """A conversation in which nobody said anything, and which is over."""
    people = await settle(pool, "leaf")
    queries, conversation = ConversationQueries(pool), people.conversation()
    await queries.start(conversation)
    await queries.end(Ending(conversation.id, ended_at=NOW + MINUTE, end_reason="caller_left"))
    return conversation


async def outcome(pool: asyncpg.Pool, conversation: Conversation) -> str | None:
    """What came of it."""
    found: str | None = await pool.fetchval("SELECT outcome FROM conversations WHERE id = $1", conversation.id)
    return found


def test_the_queue_is_the_one_that_the_library_expects() -> None:
    """The migration holds the tables of the installed procrastinate, word for word."""
    migration = (MIGRATIONS / "0015.procrastinate.sql").read_text()
    assert SchemaManager.get_schema() in migration
    assert f"procrastinate {version('procrastinate')}" in migration


async def test_the_end_of_a_call_leaves_one_job(pool: asyncpg.Pool) -> None:
    """Whoever notes the end a second time leaves no second one."""
    conversation = await ended(pool)
    await ConversationQueries(pool).end(Ending(conversation.id, ended_at=NOW, end_reason="error"))
    assert await pool.fetchval("SELECT count(*) FROM procrastinate_jobs") == 1


async def test_a_killed_worker_loses_nothing(pool: asyncpg.Pool, database_url: str, tmp_path: Path) -> None:
    """What it was at is done by the next one, once its heart has not beaten for a while."""
    conversation = await ended(pool)
    async with pool.acquire() as holding, worker(database_url, tmp_path) as first:
        holds = holding.transaction()
        await holds.start()
        await holding.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", conversation.id)
        # In the middle of it, and waiting for our lock.
        await until(lambda: pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await pool.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")
        await holds.rollback()
    assert await outcome(pool, conversation) is None
    assert await pool.fetchval("SELECT status FROM procrastinate_jobs") == "doing"
    # So that nobody has to wait for it.
    await pool.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")

    async with worker(database_url, tmp_path):
        await until(lambda: outcome(pool, conversation))
    assert await outcome(pool, conversation) == "nothing_said"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_told_to_stop_is_done(
    pool: asyncpg.Pool, database_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    """It ends with status 0, and leaves no sign of itself."""
    conversation = await ended(pool)
    async with worker(database_url, tmp_path) as process:
        await until(lambda: outcome(pool, conversation))
        process.send_signal(number)
        assert await process.wait() == 0
    assert await pool.fetchval("SELECT count(*) FROM procrastinate_workers") == 0
