"""What happens around every request: ids, the log line, security headers, errors as JSON, unknown hosts."""

import time
import uuid
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict

from auth.http.headers import ANSWER_HEADERS
from auth.http.operations import operation_of
from server import database
from server.errors import DATABASE_AWAY, ENCODED_BODY, UNKNOWN_HOST, problem_of, problem_of_http, told

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

MAX_PORT = 65_535


def security_headers(*, always_secure: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Set the security headers and the request's id on every answer, websocket upgrades included.

    `always_secure` says that a proxy in front ends TLS, whatever the connection to it looks like.
    """

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.extend(request.get(ANSWER_HEADERS, {}))
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if always_secure or request.secure:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        response.headers["X-Request-Id"] = request.get(REQUEST_ID, "-")
        response.headers.pop("Server", None)

    return add


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, bind it to everything logged on its way, and log one line at its end.

    Whoever is signed in is bound there, too, by `auth.http.asking.require`.
    """
    request[REQUEST_ID] = uuid.uuid4().hex
    request[ANSWER_HEADERS] = CIMultiDict()
    began_s = time.monotonic()
    with structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]):
        try:
            response = await handler(request)
            # The path alone: a query may hold a ticket.
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status,
                duration_ms=round((time.monotonic() - began_s) * 1000, 1),
            )
        finally:
            # The next request on this connection is another's, perhaps.
            structlog.contextvars.unbind_contextvars("session_id")
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
    except database.AWAY:
        log.exception("database_away")
        answer = told(DATABASE_AWAY)
        answer.headers["Retry-After"] = "5"
        return answer
    except Exception as error:  # noqa: BLE001 - the last line of defence; what is unknown is logged and hidden
        return problem_of(error)


def measured(observe: Callable[..., None]) -> Middleware:
    """Tell `observe` the method, route and status of each answer and `took_s`; sockets, which last, are left out."""

    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        began_s = time.monotonic()
        response = await handler(request)
        if response.status != HTTPStatus.SWITCHING_PROTOCOLS:
            resource = request.match_info.route.resource
            # What nobody has defined is one label, however many strangers make up.
            route = resource.canonical if resource else "-"
            method = request.method if resource else "-"
            observe(method, route, response.status, took_s=time.monotonic() - began_s)
        return response

    return measure


def only_plain_bodies(*, max_bytes: int) -> Middleware:
    """Refuse, before a byte is read, a body that is announced to be too long, and one that is compressed.

    A body without a length is refused by aiohttp, as soon as it is longer. Operations that take files say how long.
    """

    @web.middleware
    async def refuse_others(request: web.Request, handler: Handler) -> web.StreamResponse:
        most = operation_of(request.match_info.handler).max_bytes or max_bytes
        if (request.content_length or 0) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=request.content_length or 0)
        if hdrs.CONTENT_ENCODING in request.headers:
            return told(ENCODED_BODY)
        return await handler(request)

    return refuse_others


def only_known_hosts(hosts: Collection[str]) -> Middleware:
    """Refuse, with 421, every request whose Host is not one of ours (RFC 9110, section 15.5.20)."""
    known = frozenset(hosts)

    @web.middleware
    async def refuse_unknown(request: web.Request, handler: Handler) -> web.StreamResponse:
        # aiohttp routes by the header; it must be there, and the target's own host, if it has one, must be the same.
        host = request.headers.get(hdrs.HOST, "")
        name, colon, port = host.lower().partition(":")
        if host != request.host or name not in known or (colon and not _is_port(port)):
            return told(UNKNOWN_HOST)
        return await handler(request)

    return refuse_unknown


def _is_port(text: str) -> bool:
    # Python also takes the digits of other scripts for digits.
    return text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= MAX_PORT
