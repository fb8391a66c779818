"""Clients who take what a server has and give nothing back: each is refused or left, and no caller notices."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from aiohttp import WSMsgType

from pipelines.caller.client import open_http
from server import demo, edge
from server.settings import Settings
from tests.raw_http import DEADLINE_S, JSON, exchange, request
from tests.talking import QUESTION, TOLD, TOLD_S, House, heard_s, house

UPGRADE = request(
    "GET",
    "/user/voice/ws",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
HALF_A_HEAD = b"GET /health HTTP/1.1\r\nHost: user-api.local\r\nX-Slow: "
MB = 1 << 20


def settings(folder: Path) -> Settings:
    """What an operator would not change."""
    return Settings(_env_file=None, data_dir=folder)


def connections(there: House) -> int:
    """How many clients the server has; sockets that only wait for their last packets are the kernel's."""
    sockets = psutil.Process().net_connections("tcp")
    return sum(each.laddr.port == there.port and each.status == psutil.CONN_ESTABLISHED for each in sockets)


async def undisturbed(there: House, trouble: Callable[[], Awaitable[None]]) -> None:
    """Talk while there is trouble: the answer is whole, and when that is over no socket of it is left."""
    async with there.call() as line:
        before = connections(there)
        troubled = asyncio.ensure_future(trouble())
        answer = await line.say(QUESTION)
        await troubled
        async with asyncio.timeout(DEADLINE_S):
            while connections(there) > before:  # noqa: ASYNC110 - closing sockets have no event
                await asyncio.sleep(0.01)
    assert answer.said == TOLD
    assert heard_s(answer) >= TOLD_S


async def test_a_thousand_strangers_are_refused_one_by_one(database_url: str, tmp_path: Path) -> None:
    """All in the same moment, at the socket's door, without a ticket: a thousand refusals, and nobody left waiting."""

    async def knock() -> None:
        replies = await asyncio.gather(*(exchange(there.port, UPGRADE) for _ in range(1_000)))
        assert {reply.status for reply in replies} == {401}

    async with house(settings(tmp_path), database_url) as there:
        await undisturbed(there, knock)


async def test_slow_heads_keep_nobody_out(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred requests of which a byte comes now and then: others are answered, and all of these are left."""
    monkeypatch.setattr(edge, "IDLE_S", 1.0)

    async def drip() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(HALF_A_HEAD)
        while not writer.transport.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.1)

    async def dripping() -> None:
        drips = [asyncio.create_task(drip()) for _ in range(300)]
        assert (await exchange(there.port, request("GET", "/health"))).status == 200
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.gather(*drips)

    async with house(settings(tmp_path), database_url) as there:
        await undisturbed(there, dripping)


async def test_a_full_house_drops_who_asks_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a process runs out of files; whoever asks gets in, and whoever talks goes on."""
    monkeypatch.setattr(edge, "most_connections", lambda: 20)

    async def crowd() -> None:
        idle = [await asyncio.open_connection("127.0.0.1", there.port) for _ in range(50)]
        assert (await exchange(there.port, request("GET", "/health"))).status == 200
        async with asyncio.timeout(DEADLINE_S):
            for reader, _ in idle[:30]:
                assert await reader.read() == b""
        for _, writer in idle:
            writer.close()

    async with house(settings(tmp_path), database_url) as there:
        await undisturbed(there, crowd)


async def test_an_upload_without_end_is_not_taken(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten gigabytes, announced or not: refused, the connection closed, and nothing of it kept."""
    monkeypatch.setattr(edge, "LINGERING_S", 0.2)

    async def upload(length: str, piece: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", there.port)
        writer.write(request("POST", "/user/auth/login", JSON, length))
        answer = asyncio.create_task(reader.readexactly(12))
        with contextlib.suppress(ConnectionError):
            while not writer.transport.is_closing():
                writer.write(piece)
                await writer.drain()
        assert await answer == b"HTTP/1.1 413"

    async def uploads() -> None:
        resident = psutil.Process().memory_info().rss
        await upload("Content-Length: 10737418240", bytes(MB))
        await upload("Transfer-Encoding: chunked", f"{MB:x}\r\n".encode() + bytes(MB) + b"\r\n")
        assert psutil.Process().memory_info().rss - resident < 64 * MB

    async with house(settings(tmp_path), database_url) as there:
        await undisturbed(there, uploads)


async def test_who_does_not_read_is_left(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for long answers and takes none of them holds a socket for a while, and not for ever."""
    monkeypatch.setattr(edge, "UNREAD_S", 0.5)

    async def ask() -> None:
        deaf = socket.create_connection(("127.0.0.1", there.port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        _, writer = await asyncio.open_connection(sock=deaf)
        transport = writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        transport.write(request("GET", "/openapi.json") * 100)
        async with asyncio.timeout(DEADLINE_S):
            while not transport.is_closing():
                # Tells that the other end has reset the line, and is not read either.
                transport.write(b"G")
                await asyncio.sleep(0.05)

    async with house(settings(tmp_path), database_url) as there:
        await undisturbed(there, ask)


async def test_processes_whose_clocks_differ_serve_the_same_caller(database_url: str, tmp_path: Path) -> None:
    """Four seconds apart, which `doctor` still lets pass: signed in and let in at one, talking at the other."""

    def clock(off_s: float) -> Callable[[], datetime]:
        return lambda: datetime.now(UTC) + timedelta(seconds=off_s)

    async with (
        house(settings(tmp_path), database_url, now=clock(2)) as ahead,
        house(settings(tmp_path), database_url, now=clock(-2)) as behind,
        open_http() as http,
    ):

        async def post(there: House, path: str, token: str = "", **body: str) -> dict[str, str]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with http.post(there.url.with_path(path), json=body, headers=headers) as response:
                assert response.status == 200, await response.text()
                answer: dict[str, str] = await response.json()
                return answer

        grant = await post(ahead, "/user/auth/login", email=demo.DEMO_USER_EMAIL, password=demo.DEMO_PASSWORD)
        door = await post(ahead, "/user/voice/start", grant["access_token"], store=demo.STORE_SLUG)
        talk = behind.url.with_path("/user/voice/ws").with_query(token=door["token"])
        async with http.ws_connect(talk) as socket:
            assert (await socket.receive()).type is WSMsgType.BINARY
        known = {name: grant[name] for name in ("session_id", "refresh_token")}
        newer = await post(behind, "/user/auth/refresh", **known)
        await post(ahead, "/user/voice/start", newer["access_token"], store=demo.STORE_SLUG)
