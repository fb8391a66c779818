"""Who is asking, and from where."""

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from auth.errors import AccessTokenExpired, AccessTokenMissing, InvalidAccessToken
from auth.http.operations import Gate
from auth.principals import Asker, Device, KeyHolder, Place, Principal
from auth.sessions.sessions import Sessions
from auth.tokens.access import AccessTokens

PRINCIPAL = web.RequestKey("principal", Principal)
KEY_HOLDER = web.RequestKey("key_holder", KeyHolder)

# What sessions keep of a request; longer values are cut.
USER_AGENT_MAX_CHARACTERS = 256
ADDRESS_MAX_CHARACTERS = 64

_log = structlog.get_logger()


def require(tokens: AccessTokens, sessions: Sessions) -> Gate:
    """Let requests pass that carry a live access token of one kind of principal, and note whose: see `principal_of`.

    Raises AccessTokenMissing, AccessTokenExpired or InvalidAccessToken.
    """

    @web.middleware
    async def require_bearer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            principal = request[PRINCIPAL] = await verified(bearer(request), tokens, sessions)
        except InvalidAccessToken as error:
            _log.info("access_token_refused", reason=error.reason)
            raise
        # Until the request's last line is logged: `server.middleware.identify` takes it off again.
        structlog.contextvars.bind_contextvars(session_id=str(principal.session_id))
        return await handler(request)

    refusals = (AccessTokenMissing, AccessTokenExpired, InvalidAccessToken)
    return Gate(require_bearer, refusals, proofs=("access_token",))


def principal_of(request: web.Request) -> Principal:
    """Return who is signed in and asks, behind `require`."""
    return request[PRINCIPAL]


def asker_of(request: web.Request) -> Asker:
    """Return for whom is asked, also where an API key will do (`auth.api_keys.gate`)."""
    return request[KEY_HOLDER] if KEY_HOLDER in request else request[PRINCIPAL]


def is_known(request: web.Request) -> bool:
    """Whether anybody has proved who asks."""
    return KEY_HOLDER in request or PRINCIPAL in request


def device_of(request: web.Request) -> Device:
    """Describe where a request comes from, in text that PostgreSQL can store."""
    user_agent = request.headers.get("User-Agent", "")
    # aiohttp hands on bytes that are not UTF-8 as lone surrogates.
    readable = user_agent.encode("utf-8", "replace").decode()
    return Device(
        user_agent=readable[:USER_AGENT_MAX_CHARACTERS], address=(request.remote or "")[:ADDRESS_MAX_CHARACTERS]
    )


def place_of(request: web.Request) -> Place:
    """Describe where a request comes from and which host it asks, which is one of ours."""
    return Place(host=request.host.lower().partition(":")[0], device=device_of(request))


async def verified(token: str, tokens: AccessTokens, sessions: Sessions) -> Principal:
    """Return what a live access token proves. Raises AccessTokenExpired or InvalidAccessToken."""
    # The signature first: nothing unsigned reaches the database. Then the session: a token ends with it.
    principal = tokens.verify(token)
    if not await sessions.is_live(principal.session_id):
        raise InvalidAccessToken("its session has ended")
    return principal


def bearer(request: web.Request) -> str:
    """Return what `Authorization: Bearer` carries. Raises AccessTokenMissing or InvalidAccessToken.

    RFC 6750, section 2.1; the scheme's case does not matter (RFC 9110, section 11.1).
    """
    given = request.headers.getall("Authorization", [])
    if not given:
        raise AccessTokenMissing
    if len(given) > 1:
        raise InvalidAccessToken("sent twice")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AccessTokenMissing
    return token
