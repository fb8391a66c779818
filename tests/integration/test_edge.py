"""Clients that are slow or talk nonsense, and a database that is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from auth.http import operations
from server import app, edge
from server.services import open_services
from server.settings import Settings
from tests.cable import cable
from tests.doubles import Doubles
from tests.raw_http import DEADLINE_S, JSON, exchange, post, request, served

LOGIN = b'{"email": "ann@example.com", "password": "correct horse"}'


@asynccontextmanager
async def server(database_url: str, folder: Path) -> AsyncIterator[int]:
    """The whole server but for the models, on a port of its own."""
    settings = Settings(_env_file=None, data_dir=folder)
    async with (
        open_services(settings, database_url, Doubles()) as services,
        served(app.build(settings, services)) as port,
    ):
        yield port


async def test_without_a_database_nobody_passes(database_url: str, tmp_path: Path) -> None:
    """Limits that cannot be counted are not waived, and whoever asks is told to come back."""
    async with cable(database_url) as (url, line), server(url, tmp_path) as port:
        assert (await exchange(port, post("/user/auth/login", LOGIN))).status == 401
        line.cut()
        for path in ("/user/auth/login", "/user/auth/signup"):
            body = LOGIN if path.endswith("login") else LOGIN[:-1] + b', "name": "Ann"}'
            reply = await exchange(port, post(path, body))
            assert (reply.status, reply.json["error"]["code"]) == (503, "database_away")
            assert int(reply.headers["Retry-After"]) > 0
        assert (await exchange(port, request("GET", "/health"))).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "/user/auth/login", JSON, "Content-Length: 60") + b"{",
        request("POST", "/user/auth/login", JSON, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n",
    ],
)
async def test_a_slow_body_is_not_waited_for(
    sent: bytes, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever announces more than they send gets an answer, and their connection is closed."""
    monkeypatch.setattr(operations, "BODY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(edge, "LINGERING_S", 0.05)
    async with server(database_url, tmp_path) as port, asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"body_too_slow" in answer
        writer.close()


async def test_a_client_that_leaves_is_no_fault_of_ours(database_url: str, tmp_path: Path) -> None:
    """Half a body is a bad request, and not a database that is away."""
    with structlog.testing.capture_logs() as logged:
        async with server(database_url, tmp_path) as port, asyncio.timeout(DEADLINE_S):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request("POST", "/user/auth/login", JSON, "Content-Length: 60") + b"{")
            await writer.drain()
            writer.close()
            while not any(event["event"] == "request" for event in logged):  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0.005)
    assert [event["status"] for event in logged if event["event"] == "request"] == [400]


@pytest.mark.parametrize("sent", [b"", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: user-api.local\r\nX: "])
async def test_a_slow_head_is_not_waited_for(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection over which no whole request comes is closed."""
    monkeypatch.setattr(edge, "IDLE_S", 0.05)
    async with served(web.Application()) as port, asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await reader.read() == b""
        writer.close()


async def test_nonsense_is_logged_without_its_words() -> None:
    """What cannot be read may hold a ticket or a token all the same."""
    with structlog.testing.capture_logs() as logged:
        async with served(web.Application()) as port:
            await exchange(port, request("GET", "/user/voice/ws?token=secret\udcff", "Authorization: Bearer secret"))
    assert [event["event"] for event in logged] == ["malformed_request"]
    assert "secret" not in str(logged)


async def test_what_breaks_below_the_handlers_is_told_alike() -> None:
    """An error that no middleware has caught is a plain 500 in the same form."""

    async def broken(_: web.Request) -> web.Response:
        raise RuntimeError("the secret plan")

    application = web.Application()
    application.router.add_get("/", broken)
    async with served(application) as port:
        reply = await exchange(port, request("GET", "/"))
    assert (reply.status, reply.json["error"]["code"]) == (500, "internal_error")
    assert "Server" not in reply.headers
    assert b"secret" not in reply.body
