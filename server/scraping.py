"""Where Prometheus reads this process's figures: an address and a port of its own, never the public hosts."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from server.errors import CannotStart
from server.metrics import Metrics

# Several processes of one machine take one port each, from the setting on.
PORTS_TRIED = 64
CLOSE_S = 1.0

log = structlog.get_logger()


@asynccontextmanager
async def scraped(metrics: Metrics, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve `GET /metrics` for the block, on the first free port from `port` on; yield that. Raises CannotStart."""
    listener = _listening(host, port)

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.router.add_get("/metrics", show)
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=CLOSE_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        taken: int = listener.getsockname()[1]
        log.info("metrics_served", host=host, port=taken)
        yield taken
    finally:
        await runner.cleanup()


def _listening(host: str, first: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, min(first + PORTS_TRIED, 65_536)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()
        except OSError:
            listener.close()
        else:
            return listener
    raise CannotStart(f"METRICS_PORT: no port from {first} on is free on {host}.")
