"""What the operator sees: figures of a real conversation and of real requests, and whether calls may be sent here."""

import asyncio
import json
import re
from itertools import islice
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from pipelines.conversations.journal import Journal
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation
from pipelines.measuring import Measuring
from pipelines.parts import Recorder, Recorders
from pipelines.processors.recorder import ConversationRecorder
from server import app, database, readiness
from server.metrics import Metrics
from server.scraping import scraped
from server.services import open_services
from server.settings import Settings
from tests.cable import cable
from tests.doubles import Doubles
from tests.raw_http import Reply, exchange, post, request, served
from tests.talking import house
from tests.voice_world import doors, now

REFUSED = 5
SIGN_UP = b'{"email": "ann@storeline.example", "password": "correct horse", "name": "Ann"}'


def figure(metrics: Metrics, name: str, **labels: str) -> float:
    """The value of one series; 0 when there is none."""
    wanted = "".join(f'(?=[^}}]*{label}="{value}")' for label, value in labels.items())
    found = re.search(rf"^{name}(?:{{{wanted}[^}}]*}})? ([\d.e+-]+)$", metrics.text().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_a_conversation_is_measured(pool: asyncpg.Pool) -> None:
    """Every stage of an answer, how soon the assistant fell silent, and how the call ended."""
    metrics, words = Metrics(), "word " * 200
    providers = Doubles(heard=lambda _audio: "How much is it?", answer=lambda _question: words)

    def recorder(conversation: Conversation) -> Recorder:
        written = ConversationRecorder(
            conversation, Journal(ConversationQueries(pool)), now=now, answered=metrics.answered
        )
        return Recorders(Measuring(conversation, metrics), written)

    async with doors(pool, providers=providers, recorder=recorder, capacity=1) as world:
        async with world.call() as caller:
            await caller.say()
            await caller.hear_server("turn-latency")
            await caller.speak(seconds=1)
            await caller.hear("bot-stopped-speaking")
        await world.empty()
    for stage in ("endpoint", "transcript", "first_token", "first_audio", "on_wire"):
        assert figure(metrics, "storeline_answer_seconds_count", stage=stage, answered_by="model") == 1
    assert figure(metrics, "storeline_barge_in_seconds_count") == 1
    assert 0 < figure(metrics, "storeline_barge_in_seconds_sum") < 1
    assert figure(metrics, "storeline_conversations_begun_total", channel="websocket") == 1
    assert figure(metrics, "storeline_conversation_seconds_count", channel="websocket", reason="caller_left") == 1


async def refreshed(port: int, grant: dict[str, str]) -> Reply:
    """Refresh with this grant's token."""
    body = {name: grant[name] for name in ("session_id", "refresh_token")}
    return await exchange(port, post("/user/auth/refresh", json.dumps(body).encode()))


async def test_requests_and_refreshes_are_counted(database_url: str, tmp_path: Path) -> None:
    """By route and not by address, so that strangers cannot make up series without end."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with (
        open_services(settings, database_url, Doubles()) as services,
        served(app.build(settings, services)) as port,
    ):
        metrics = services.metrics
        grant = (await exchange(port, post("/user/auth/signup", SIGN_UP))).json
        newer = await refreshed(port, grant)
        assert (await refreshed(port, newer.json)).status == 200
        assert (await refreshed(port, grant)).status == 401
        for path in ("/user/made-up", "/user/made/up", "/store/me"):
            assert (await exchange(port, request("GET", path))).status == 404

        assert figure(metrics, "storeline_refreshes_total", principal="user", meaning="current") == 2
        assert figure(metrics, "storeline_refreshes_total", principal="user", meaning="reused") == 1
        counted = "storeline_http_request_seconds_count"
        assert figure(metrics, counted, method="POST", route="/user/auth/signup", status="201") == 1
        assert figure(metrics, counted, method="-", route="-", status="404") == 3
        assert figure(metrics, "storeline_limit", what="database_connections") == database.POOL_SIZE
        assert figure(metrics, "storeline_used", what="sessions") == 0


async def test_each_process_has_a_port_of_its_own() -> None:
    """The second one takes the next, so that one setting serves them all."""
    async with (
        scraped(Metrics(), host="127.0.0.1", port=19_464) as first,
        scraped(Metrics(), host="127.0.0.1", port=first) as second,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{second}/metrics") as answer,
    ):
        assert second > first
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert "# TYPE storeline_answer_seconds histogram" in await answer.text()


async def status_of(port: int, path: str = "/ready") -> tuple[int, str]:
    """The status and the code, or the status that it tells."""
    reply = await exchange(port, request("GET", path))
    return reply.status, reply.json["error"]["code"] if "error" in reply.json else reply.json["status"]


async def test_ready_means_that_calls_may_be_sent(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not without a database, nor while it stops, and then nothing else either; alive it is all the same."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with (
        cable(database_url) as (url, line),
        open_services(settings, url, Doubles()) as services,
        served(app.build(settings, services)) as port,
    ):
        assert await status_of(port) == (200, "ready")
        monkeypatch.setattr(readiness, "FRESH_S", 0.0)
        line.cut()
        for path in ("/ready", "/ready/requests"):
            assert await status_of(port, path) == (503, "database_away")
        assert await status_of(port, "/health") == (200, "ok")
        line.mend()
        assert await status_of(port) == (200, "ready")
        await services.registry.drain(timeout_s=0)
        for path in ("/ready", "/ready/requests"):
            assert await status_of(port, path) == (503, "shutting_down")


async def test_a_full_process_may_be_sent_requests(database_url: str, tmp_path: Path) -> None:
    """Its callers come back to it, and people sign in: a balancer must not take it away."""
    settings = Settings(_env_file=None, data_dir=tmp_path, voice_max_sessions=1)
    async with house(settings, database_url) as there, there.call():
        assert await status_of(there.port) == (503, "capacity_reached")
        assert await status_of(there.port, "/ready/requests") == (200, "ready")


def unknown() -> dict[str, str]:
    """A grant that nobody has given."""
    return {"session_id": str(uuid4()), "refresh_token": "unknown"}


async def test_who_finds_every_connection_in_use_is_told_soon(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue before the pool would only grow: a plain 503. Whoever has a connection gets their answer."""
    monkeypatch.setattr(database, "ACQUIRE_TIMEOUT_S", 0.5)
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with (
        open_services(settings, database_url, Doubles()) as services,
        served(app.build(settings, services)) as port,
        asyncio.TaskGroup() as tasks,
    ):
        locking = await asyncpg.connect(database_url)
        async with locking.transaction():
            await locking.execute("LOCK TABLE throttle")
            asked = [tasks.create_task(refreshed(port, unknown())) for _ in range(database.POOL_SIZE + REFUSED)]
            refused = [await reply for reply in islice(asyncio.as_completed(asked), REFUSED)]
        await locking.close()
    assert {reply.json["error"]["code"] for reply in refused} == {"database_away"}
    assert all(int(reply.headers["Retry-After"]) > 0 for reply in refused)
    assert {task.result().status for task in asked} == {401, 503}
