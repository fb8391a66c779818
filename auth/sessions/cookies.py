"""The store portal's session in cookies, and the refusal of other sites' pages that would use them."""

from collections.abc import Collection
from uuid import UUID

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from auth.errors import CrossSiteRequest, InvalidRefreshToken, NotJson
from auth.http.headers import also_answer
from auth.http.operations import Gate, require_json
from auth.principals import SessionId
from auth.sessions.sessions import IDLE, Grant

SESSION = "store_session"
REFRESH = "store_refresh"

# A browser takes a cookie of such a name only with Secure, Path=/ and no Domain, so that no neighbouring host can plant
# one. https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix
SECURE_PREFIX = "__Host-"

# Asked by our own page, or by hand. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
OWN_SITE = frozenset({"same-origin", "none"})


class SessionCookies:
    """Two cookies that scripts cannot read: the session's id and its refresh token.

    Over TLS, or behind a proxy that ends it (`always_secure`), they are Secure and `__Host-`. Plain http is for
    development on store.localhost, where not every browser keeps Secure cookies: they go without both.
    """

    def __init__(self, *, always_secure: bool) -> None:
        self._always_secure = always_secure

    def read(self, request: web.Request) -> tuple[SessionId, str]:
        """Return the session's id and its refresh token. Raises InvalidRefreshToken."""
        prefix = self._prefix(request)
        try:
            return SessionId(UUID(request.cookies[prefix + SESSION])), request.cookies[prefix + REFRESH]
        except (KeyError, ValueError):
            raise InvalidRefreshToken from None

    def set(self, request: web.Request, response: web.Response, grant: Grant) -> None:
        """Hand the browser a session; it forgets it when the session would have been idle for too long."""
        self._set(request, response, SESSION, str(grant.session_id), max_age_s=int(IDLE.total_seconds()))
        self._set(request, response, REFRESH, grant.refresh_token, max_age_s=int(IDLE.total_seconds()))

    def clear(self, request: web.Request, response: web.Response) -> None:
        """Make the browser forget the session."""
        for name in (SESSION, REFRESH):
            self._set(request, response, name, "", max_age_s=0)

    def forget(self, request: web.Request) -> None:
        """Clear them where a refusal is raised and its answer not made here."""
        cleared = web.Response()
        self.clear(request, cleared)
        also_answer(request, [(hdrs.SET_COOKIE, cookie.OutputString()) for cookie in cleared.cookies.values()])

    def _set(self, request: web.Request, response: web.Response, name: str, value: str, *, max_age_s: int) -> None:
        response.set_cookie(
            self._prefix(request) + name,
            value,
            path="/",
            max_age=max_age_s,
            secure=self._secure(request),
            httponly=True,
            samesite="Strict",
        )

    def _prefix(self, request: web.Request) -> str:
        return SECURE_PREFIX if self._secure(request) else ""

    def _secure(self, request: web.Request) -> bool:
        return self._always_secure or request.secure


def require_own_page(origins: Collection[str]) -> Gate:
    """Refuse what a page of another site can make a browser send: forms, and scripts that do not ask first.

    `origins` are the portal's, exact ("https://store.example"). Programs that are no browser send neither header.
    Raises NotJson or CrossSiteRequest. OWASP ASVS 5.0, 3.5.1 to 3.5.3.
    """
    allowed = frozenset(origins)

    @web.middleware
    async def refuse_others(request: web.Request, handler: Handler) -> web.StreamResponse:
        require_json(request)
        # "null", the origin of sandboxed and local pages, is in no allowlist.
        if any(origin not in allowed for origin in request.headers.getall("Origin", [])):
            raise CrossSiteRequest("Origin")
        if any(site not in OWN_SITE for site in request.headers.getall("Sec-Fetch-Site", [])):
            raise CrossSiteRequest("Sec-Fetch-Site")
        return await handler(request)

    return Gate(refuse_others, (NotJson, CrossSiteRequest))
