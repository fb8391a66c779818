"""The listening socket: how long a client may take, how many there may be, and what is no request."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web

from server.errors import INTERNAL_ERROR, MALFORMED, told
from server.middleware import SECURITY_HEADERS

# How long a connection may be idle, or take over the head of a request. nginx keeps its own to us for 60 s: ours must
# live longer, or it would now and then ask on one that is closing. https://nginx.org/r/keepalive_timeout
IDLE_S = 75.0

# How long what is left of a body is read after the answer, so that the client can read that.
LINGERING_S = 5.0

# How long what we have sent may lie unread, or unconfirmed by a network that is gone, before the connection is dropped.
UNREAD_S = 30.0

# How long other requests than conversations may finish when the process stops.
REQUESTS_S = 5.0

# What a system's usual limit of 1024 open files would not take: clients, and calls with sockets of their own.
MANY_FILES = 65_536
# Kept back from clients, for what goes on: the database, recordings, WebRTC calls, providers.
RESERVED_FILES = 256

log = structlog.get_logger()


class Connection(web.RequestHandler):
    """One client's connection. What aiohttp refuses before any middleware sees it is answered in our words."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it. With too many there, drop the oldest of those to whom nothing is being answered, if need be this."""
        super().connection_made(transport)
        connections = self._manager.connections if self._manager else []
        if len(connections) > most_connections():
            idle = next((each for each in connections if each._current_request is None), self)  # noqa: SLF001 - aiohttp does not tell otherwise
            if idle.transport:
                idle.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's words, which repeat the request
    ) -> web.StreamResponse:
        """Answer in JSON, and close: what follows on this connection cannot be trusted to be a request."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer was sent already")
        if status == HTTPStatus.BAD_REQUEST:
            # The name alone: the exception's text repeats the bytes, tickets and tokens among them.
            log.info("malformed_request", reason=type(exc).__name__)
            words = told(MALFORMED)
        else:
            log.error("connection_failed", status=status, exc_info=exc)
            words = told(INTERNAL_ERROR)
        answer = _Nameless(
            status=words.status,
            body=words.body,
            content_type=words.content_type,
            charset="utf-8",
            headers=SECURITY_HEADERS,
        )
        answer.force_close()
        return answer


class _Nameless(web.Response):
    """Says nothing about the software; on other answers `middleware.security_headers` sees to that."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall(hdrs.SERVER, None)


def open_many_files() -> None:
    """Let this process open as many files as the system allows it, or MANY_FILES."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """How many clients may be connected at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MANY_FILES if soft == resource.RLIM_INFINITY else max(1, soft - RESERVED_FILES)


@asynccontextmanager
async def answering(application: web.Application, listener: socket.socket) -> AsyncIterator[Callable[[], None]]:
    """Serve on this socket while the block runs; then let requests finish, for REQUESTS_S at most.

    Yields what stops taking connections before that: who comes then is some other process's, also over a connection
    that was kept for the next request.
    """
    # aiohttp's sites make connections of its own class, so the socket is served without one.
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=REQUESTS_S)
    await runner.setup()
    if runner.server is None:
        raise RuntimeError("aiohttp made no server")
    loop = asyncio.get_running_loop()
    connection = partial(
        Connection,
        runner.server,
        loop=loop,
        access_log=None,  # type: ignore[arg-type] # as aiohttp's own runner passes it
        keepalive_timeout=IDLE_S,
        lingering_time=LINGERING_S,
        # No client of ours compresses what it sends, and a few bytes could become gigabytes.
        auto_decompress=False,
    )
    # Those it accepts inherit it; only Linux has it. RFC 5482
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(UNREAD_S * 1000))
    serving = await loop.create_server(connection, sock=listener, backlog=128)

    def stop_listening() -> None:
        serving.close()
        if runner.server:
            runner.server.pre_shutdown()

    try:
        yield stop_listening
        serving.close()
    finally:
        await runner.cleanup()
