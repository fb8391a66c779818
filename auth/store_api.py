"""The Store API's part about accounts: the portal gets an access token to hold in memory, the rest is in cookies."""

from http import HTTPStatus

from aiohttp import web

from auth.account_changes import AccountChanges
from auth.account_queries import Store
from auth.accounts import Accounts
from auth.cookies import SessionCookies
from auth.errors import (
    AccountGone,
    CommonPassword,
    EmailTaken,
    InvalidRefreshToken,
    RefreshTokenReused,
    SessionBusy,
    SessionEnded,
    TooBusy,
    TooManyAttempts,
    WrongCredentials,
)
from auth.http import device_of, principal_of
from auth.operations import answered, gives, proves, refuses, takes
from auth.schemas import AccessToken, LogIn, LogOut, SignUp, StoreProfile
from auth.sessions import Grant, Sessions
from auth.throttle import LOG_IN, Throttle
from auth.tokens import AccessTokens


class StoreApi:
    """Handlers; `me` belongs behind `auth.http.require`, all others behind `auth.cookies.require_own_page`."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that signing in takes
        self,
        accounts: Accounts[Store],
        changes: AccountChanges[Store],
        sessions: Sessions,
        tokens: AccessTokens,
        cookies: SessionCookies,
        throttle: Throttle,
    ) -> None:
        self._accounts = accounts
        self._changes = changes
        self._sessions = sessions
        self._tokens = tokens
        self._throttle = throttle
        self._cookies = cookies

    @takes(SignUp)
    @gives(AccessToken, status=HTTPStatus.CREATED)
    @refuses(EmailTaken, CommonPassword, TooBusy)
    async def sign_up(self, request: web.Request, form: SignUp) -> web.Response:
        """Open an account and sign in; sets the cookies. A link to confirm the address is mailed to it."""
        device = device_of(request)
        store_id = await self._accounts.sign_up(
            email=form.email, password=form.password.get_secret_value(), name=form.name, device=device
        )
        grant = await self._sessions.start(store_id, device)
        self._changes.welcome(store_id, form.email)
        return self._granted(request, grant, status=HTTPStatus.CREATED)

    @takes(LogIn)
    @gives(AccessToken)
    @refuses(WrongCredentials, TooBusy, TooManyAttempts)
    async def log_in(self, request: web.Request, form: LogIn) -> web.Response:
        """Start a session; sets the cookies."""
        device = device_of(request)
        async with self._throttle.attempt(LOG_IN, address=device.address, account=form.email):
            store_id = await self._accounts.log_in(
                email=form.email, password=form.password.get_secret_value(), device=device
            )
        grant = await self._sessions.start(store_id, device)
        return self._granted(request, grant)

    @proves("session_cookies")
    @gives(AccessToken)
    @refuses(InvalidRefreshToken, RefreshTokenReused, SessionEnded, SessionBusy)
    async def refresh(self, request: web.Request) -> web.Response:
        """Exchange the refresh cookie for an access token and new cookies. The body is not read."""
        grant = await self._sessions.refresh(*self._cookies.read(request), device_of(request))
        return self._granted(request, grant)

    @takes(LogOut, optional=True)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(SessionBusy)
    async def log_out(self, request: web.Request, form: LogOut) -> web.Response:
        """End the session of the cookies, or with {"everywhere": true} every one of this store, and clear the cookies.

        Also when there was none. The cookies decide and not an access token, so that logging out works when that has
        expired.
        """
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        self._cookies.clear(request, response)
        try:
            await self._sessions.revoke_by_token(
                *self._cookies.read(request), device_of(request), everywhere=form.everywhere
            )
        except InvalidRefreshToken:
            return response
        return response

    @gives(StoreProfile)
    @refuses(AccountGone)
    async def me(self, request: web.Request) -> web.Response:
        """Show the store."""
        store = await self._accounts.get(principal_of(request).id)
        return answered(StoreProfile.of(store))

    def _granted(self, request: web.Request, grant: Grant, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        token = AccessToken(access_token=self._tokens.issue(grant.principal_id, grant.session_id))
        response = answered(token, status=status)
        self._cookies.set(request, response, grant)
        return response
