"""Other companies' clouds: the wire of each as far as we use it, which checks what it is sent."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler


@asynccontextmanager
async def company(handler: Handler, *, tls: SSLContext | None = None) -> AsyncIterator[str]:
    """Run a company's API and yield its address; afterwards raise what it found wrong with our requests."""
    wrong: list[AssertionError] = []

    async def checked(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except AssertionError as error:
            wrong.append(error)
            raise

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", checked)
    server = TestServer(app)
    try:
        await server.start_server(ssl=tls)
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()
        if wrong:
            raise wrong[0]


Talk = Callable[[web.WebSocketResponse, dict[str, Any] | bytes], Awaitable[None]]


def socket(talk: Talk, *, authorization: str, header: str = "Authorization") -> Handler:
    """Take a websocket with our key, and hand every message to `talk`: JSON as it is, audio as bytes."""

    async def serve(request: web.Request) -> web.StreamResponse:
        assert request.headers[header] == authorization
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            await talk(websocket, message.data if message.type is WSMsgType.BINARY else json.loads(message.data))
        return websocket

    return serve


async def streamed(request: web.Request, *events: str) -> web.StreamResponse:
    """Answer with server-sent events."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for event in events:
        await response.write(f"{event}\n\n".encode())
    return response
