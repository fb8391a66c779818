"""What the handlers of every room need at the HTTP edge: a checked body, and who is asking."""

from functools import partial
from typing import TypeVar

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, ValidationError

from auth.errors import AccessTokenMissing, InvalidAccessToken, InvalidRequest, NotJson
from auth.principals import Principal
from auth.session_queries import Device
from auth.sessions import Sessions
from auth.tokens import AccessTokens

BodyT = TypeVar("BodyT", bound=BaseModel)

PRINCIPAL = web.RequestKey("principal", Principal)

# What sessions keep of a request; longer values are cut.
USER_AGENT_MAX_CHARACTERS = 256
ADDRESS_MAX_CHARACTERS = 64

# A field's name can come from the client.
_FIELD_MAX_CHARACTERS = 60

_log = structlog.get_logger()


async def json_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """Read and check the body. Raises NotJson or InvalidRequest, whose message names the field and not its value."""
    require_json(request)
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise InvalidRequest(_first_problem(error)) from None


def query(request: web.Request, model: type[BodyT]) -> BodyT:
    """Check the query. Raises InvalidRequest, as `json_body` does."""
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise InvalidRequest(_first_problem(error)) from None


def require_json(request: web.Request) -> None:
    """Refuse any other content type: it is the one that a page of another site cannot send without being asked back.

    Raises NotJson. https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#simple_requests
    """
    if request.content_type != "application/json":
        raise NotJson


def require(tokens: AccessTokens, sessions: Sessions) -> Middleware:
    """Let requests pass that carry a live access token of one kind of principal, and note whose: see `principal_of`.

    Raises AccessTokenMissing, AccessTokenExpired or InvalidAccessToken.
    """

    @web.middleware
    async def require_bearer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            request[PRINCIPAL] = await _verified(_bearer(request), tokens, sessions)
        except InvalidAccessToken as error:
            _log.info("access_token_refused", reason=error.reason)
            raise
        return await handler(request)

    return require_bearer


def behind(middleware: Middleware, handler: Handler) -> Handler:
    """Put a middleware in front of one handler, where an application has open doors beside it."""
    return partial(middleware, handler=handler)


def principal_of(request: web.Request) -> Principal:
    """Return who is asking, behind `require`."""
    return request[PRINCIPAL]


def device_of(request: web.Request) -> Device:
    """Describe where a request comes from, in text that PostgreSQL can store."""
    user_agent = request.headers.get("User-Agent", "")
    # aiohttp hands on bytes that are not UTF-8 as lone surrogates.
    readable = user_agent.encode("utf-8", "replace").decode()
    return Device(
        user_agent=readable[:USER_AGENT_MAX_CHARACTERS], address=(request.remote or "")[:ADDRESS_MAX_CHARACTERS]
    )


async def _verified(token: str, tokens: AccessTokens, sessions: Sessions) -> Principal:
    # The signature first: nothing unsigned reaches the database. Then the session: a token ends with it.
    principal = tokens.verify(token)
    if not await sessions.is_live(principal.session_id):
        raise InvalidAccessToken("its session has ended")
    return principal


def _bearer(request: web.Request) -> str:
    """RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1)."""
    given = request.headers.getall("Authorization", [])
    if not given:
        raise AccessTokenMissing
    if len(given) > 1:
        raise InvalidAccessToken("sent twice")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AccessTokenMissing
    return token


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in problem["loc"])[:_FIELD_MAX_CHARACTERS]
    if problem["type"] == "json_invalid":
        return "The body is not valid JSON."
    if problem["type"] == "uuid_parsing":
        return f"{field}: It is not a UUID."  # pydantic's words would repeat a part of it
    message = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else f"The body: {message}"
