"""The User API's part about accounts: JSON both ways, for a mobile app that keeps its own tokens."""

from http import HTTPStatus

from aiohttp import web

from auth.account_queries import User
from auth.accounts import Accounts
from auth.http import device_of, json_body, principal_of
from auth.principals import SessionId
from auth.schemas import LogIn, LogOut, Refresh, SignUp
from auth.sessions import Grant, Sessions
from auth.tokens import AccessTokens


class UserApi:
    """Handlers; `log_out` and `me` belong behind `auth.http.require`."""

    def __init__(self, accounts: Accounts[User], sessions: Sessions, tokens: AccessTokens) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._tokens = tokens

    async def sign_up(self, request: web.Request) -> web.Response:
        """Open an account and sign in: 201 with the tokens."""
        form = await json_body(request, SignUp)
        user_id = await self._accounts.sign_up(
            email=form.email, password=form.password.get_secret_value(), name=form.name
        )
        grant = await self._sessions.start(user_id, device_of(request))
        return self._granted(grant, status=HTTPStatus.CREATED)

    async def log_in(self, request: web.Request) -> web.Response:
        """Start a session: 200 with the tokens."""
        form = await json_body(request, LogIn)
        user_id = await self._accounts.log_in(email=form.email, password=form.password.get_secret_value())
        grant = await self._sessions.start(user_id, device_of(request))
        return self._granted(grant)

    async def refresh(self, request: web.Request) -> web.Response:
        """Exchange a refresh token: 200 with new tokens."""
        form = await json_body(request, Refresh)
        grant = await self._sessions.refresh(SessionId(form.session_id), form.refresh_token.get_secret_value())
        return self._granted(grant)

    async def log_out(self, request: web.Request) -> web.Response:
        """End this session, or with {"everywhere": true} every one of this user: 204. The body may be left out."""
        form = await json_body(request, LogOut) if request.can_read_body else LogOut()
        principal = principal_of(request)
        if form.everywhere:
            await self._sessions.revoke_all(principal.id)
        else:
            await self._sessions.revoke(principal.session_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def me(self, request: web.Request) -> web.Response:
        """Show the user: 200 with {id, email, name, created_at}."""
        user = await self._accounts.get(principal_of(request).id)
        return web.json_response(
            {"id": str(user.id), "email": user.email, "name": user.name, "created_at": user.created_at.isoformat()}
        )

    def _granted(self, grant: Grant, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        answer = {
            "access_token": self._tokens.issue(grant.principal_id, grant.session_id),
            "refresh_token": grant.refresh_token,
            "session_id": str(grant.session_id),
        }
        return web.json_response(answer, status=status)
