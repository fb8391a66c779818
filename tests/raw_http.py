"""HTTP by hand, for requests that no client library would send."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from server import edge

DEADLINE_S = 10

USER = "user-api.local"
STORE = "store-api.local"
JSON = "Content-Type: application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it holds
        """The body, read."""
        return json.loads(self.body)


def request(method: str, path: str, *headers: str, host: str = USER, body: bytes | None = None) -> bytes:
    """One request as it goes over the wire, with its length when it has a body."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (body or b"")


def post(path: str, body: bytes, *headers: str, host: str = USER) -> bytes:
    """A POST of JSON."""
    return request("POST", path, JSON, *headers, host=host, body=body)


async def exchange(port: int, sent: bytes) -> Reply:
    """Send these bytes over a connection of their own, and return the first answer."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(sent)
            status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = CIMultiDict((name, value) for name, _, value in (line.partition(": ") for line in lines))
            empty = sent.startswith(b"HEAD ")
            body = b"" if empty else await reader.readexactly(int(headers.get("Content-Length", 0)))
            return Reply(int(status.split(" ")[1]), headers, body)
        finally:
            writer.close()


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[int]:
    """Serve on a port of its own, as the process does, and yield it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        async with edge.answering(app, listener):
            yield listener.getsockname()[1]
