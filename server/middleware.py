"""What happens around every request: ids, the log line, security headers, errors as JSON, unknown hosts."""

import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.errors import UNKNOWN_HOST, problem_of, problem_of_http, told

log = structlog.get_logger()

REQUEST_ID = web.RequestKey("request_id", str)

# The API answers JSON only, so nothing may be framed, sniffed, run or kept.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Two years, as browsers' preload lists ask. https://hstspreload.org/
STRICT_TRANSPORT = "max-age=63072000; includeSubDomains"


def security_headers(*, always_secure: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Set the security headers and the request's id on every answer, websocket upgrades included.

    `always_secure` says that a proxy in front ends TLS, whatever the connection to it looks like.
    """

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if always_secure or request.secure:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        response.headers["X-Request-Id"] = request.get(REQUEST_ID, "-")
        response.headers.pop("Server", None)

    return add


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, bind it to everything logged on its way, and log one line at its end."""
    request[REQUEST_ID] = uuid.uuid4().hex
    began_s = time.monotonic()
    with structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]):
        response = await handler(request)
        # The path alone: a query may hold a ticket.
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status,
            duration_ms=round((time.monotonic() - began_s) * 1000, 1),
        )
        return response


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever is raised into `{"error": {"code", "message"}}`, without internals."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return problem_of_http(error)
    except Exception as error:  # noqa: BLE001 - the last line of defence; what is unknown is logged and hidden
        return problem_of(error)


def only_known_hosts(hosts: Collection[str]) -> Middleware:
    """Refuse, with 421, every request whose Host is not one of ours (RFC 9110, section 15.5.20)."""
    known = frozenset(hosts)

    @web.middleware
    async def refuse_unknown(request: web.Request, handler: Handler) -> web.StreamResponse:
        name, _, port = request.host.lower().partition(":")
        if name not in known or not (port or "0").isdecimal():
            return told(UNKNOWN_HOST)
        return await handler(request)

    return refuse_unknown
