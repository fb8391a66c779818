"""The Store API's part about accounts: the portal gets an access token to hold in memory, the rest is in cookies."""

from collections.abc import Collection
from http import HTTPStatus

from aiohttp import web

from auth.account_queries import Store
from auth.accounts import Accounts
from auth.cookies import SessionCookies, require_own_page
from auth.errors import InvalidRefreshToken
from auth.http import device_of, json_body, principal_of
from auth.schemas import LogIn, SignUp
from auth.sessions import Grant, Sessions
from auth.tokens import AccessTokens


class StoreApi:
    """Handlers; `me` belongs behind `auth.http.require`. Whatever reads or sets a cookie is for our own pages only.

    `origins`: the portal's, exact, such as "https://store.example".
    """

    def __init__(
        self,
        accounts: Accounts[Store],
        sessions: Sessions,
        tokens: AccessTokens,
        cookies: SessionCookies,
        *,
        origins: Collection[str],
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._tokens = tokens
        self._cookies = cookies
        self._origins = frozenset(origins)

    async def sign_up(self, request: web.Request) -> web.Response:
        """Open an account and sign in: 201 with an access token and the cookies."""
        require_own_page(request, self._origins)
        form = await json_body(request, SignUp)
        store_id = await self._accounts.sign_up(
            email=form.email, password=form.password.get_secret_value(), name=form.name
        )
        grant = await self._sessions.start(store_id, device_of(request))
        return self._granted(request, grant, status=HTTPStatus.CREATED)

    async def log_in(self, request: web.Request) -> web.Response:
        """Start a session: 200 with an access token and the cookies."""
        require_own_page(request, self._origins)
        form = await json_body(request, LogIn)
        store_id = await self._accounts.log_in(email=form.email, password=form.password.get_secret_value())
        grant = await self._sessions.start(store_id, device_of(request))
        return self._granted(request, grant)

    async def refresh(self, request: web.Request) -> web.Response:
        """Exchange the refresh cookie: 200 with an access token and new cookies. The body is not read."""
        require_own_page(request, self._origins)
        grant = await self._sessions.refresh(*self._cookies.read(request))
        return self._granted(request, grant)

    async def log_out(self, request: web.Request) -> web.Response:
        """End the session of the cookies and clear them: 204, also when there was none. The body is not read.

        The cookies decide and not an access token, so that logging out works when that has expired.
        """
        require_own_page(request, self._origins)
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        self._cookies.clear(request, response)
        try:
            await self._sessions.revoke_by_token(*self._cookies.read(request))
        except InvalidRefreshToken:
            return response
        return response

    async def me(self, request: web.Request) -> web.Response:
        """Show the store: 200 with {id, email, name, slug, created_at}."""
        store = await self._accounts.get(principal_of(request).id)
        return web.json_response(
            {
                "id": str(store.id),
                "email": store.email,
                "name": store.name,
                "slug": store.slug,
                "created_at": store.created_at.isoformat(),
            }
        )

    def _granted(self, request: web.Request, grant: Grant, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        answer = {"access_token": self._tokens.issue(grant.principal_id, grant.session_id)}
        response = web.json_response(answer, status=status)
        self._cookies.set(request, response, grant)
        return response
