"""The Store API's part about accounts: the portal gets an access token to hold in memory, the rest is in cookies."""

from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from auth.accounts.accounts import Accounts
from auth.accounts.changes import AccountChanges
from auth.accounts.queries import Store
from auth.accounts.schemas import AccessToken, LogIn, LogOut, SignUp, StoreProfile
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
from auth.factors.challenges import Purpose
from auth.factors.errors import ChallengeOver, PasskeyRefused, SecondFactorRefused, TooManyCodes
from auth.factors.schemas import PasskeyLogIn, SecondFactorAnswer, StoreLoggedIn, wanted
from auth.factors.second_factor import SecondFactors
from auth.http.asking import device_of, place_of, principal_of
from auth.http.operations import answered, gives, proves, refuses, takes
from auth.sessions.cookies import SessionCookies
from auth.sessions.sessions import Grant, Sessions
from auth.throttle.throttle import LOG_IN, Throttle
from auth.tokens.access import AccessTokens


class StoreApi:
    """Handlers; `me` belongs behind `require`, all others behind `require_own_page`."""

    def __init__(  # noqa: PLR0913 - all that signing in takes
        self,
        accounts: Accounts[Store],
        changes: AccountChanges[Store],
        sessions: Sessions,
        tokens: AccessTokens,
        *,
        second_factors: SecondFactors,
        cookies: SessionCookies,
        throttle: Throttle,
    ) -> None:
        self._accounts = accounts
        self._changes = changes
        self._sessions = sessions
        self._tokens = tokens
        self._throttle = throttle
        self._second_factors = second_factors
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
    @gives(StoreLoggedIn)
    @refuses(WrongCredentials, TooBusy, TooManyAttempts)
    async def log_in(self, request: web.Request, form: LogIn) -> web.Response:
        """Start a session and set the cookies, or ask for the second factor of an account that has one."""
        device = device_of(request)
        async with self._throttle.attempt(LOG_IN, address=device.address, account=form.email):
            known = await self._accounts.log_in(
                email=form.email, password=form.password.get_secret_value(), device=device
            )
        asked = await self._second_factors.ask(Purpose.LOGIN, known.id, place_of(request))
        if asked:
            return answered(wanted(asked))
        return await self._begin(request, known.id, password_hash=known.password_hash)

    @takes(SecondFactorAnswer)
    @gives(AccessToken)
    @refuses(ChallengeOver, SecondFactorRefused, TooManyCodes, PasskeyRefused, WrongCredentials)
    async def log_in_second_factor(self, request: web.Request, form: SecondFactorAnswer) -> web.Response:
        """Start the session that `login` asked a second factor for."""
        answer = form.root
        store_id = await self._second_factors.answer(Purpose.LOGIN, answer.challenge, answer.given(), place_of(request))
        return await self._begin(request, store_id)

    @takes(PasskeyLogIn)
    @gives(AccessToken)
    @refuses(ChallengeOver, PasskeyRefused, WrongCredentials)
    async def log_in_passkey(self, request: web.Request, form: PasskeyLogIn) -> web.Response:
        """Start a session with a passkey alone, which is two factors at once; see `passkey/options`."""
        store_id = await self._second_factors.log_in_by_passkey(form.credential.as_json(), place_of(request))
        return await self._begin(request, store_id)

    @proves("session_cookies")
    @gives(AccessToken)
    @refuses(InvalidRefreshToken, RefreshTokenReused, SessionEnded, SessionBusy)
    async def refresh(self, request: web.Request) -> web.Response:
        """Exchange the refresh cookie for an access token and new cookies. The body is not read.

        Cookies that are worth nothing any more are cleared.
        """
        try:
            grant = await self._sessions.refresh(*self._cookies.read(request), device_of(request))
        except (InvalidRefreshToken, RefreshTokenReused, SessionEnded):
            self._cookies.forget(request)
            raise
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

    async def _begin(self, request: web.Request, store_id: UUID, *, password_hash: str | None = None) -> web.Response:
        grant = await self._sessions.start(store_id, device_of(request), password_hash=password_hash)
        return self._granted(request, grant)

    def _granted(self, request: web.Request, grant: Grant, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        token = AccessToken(access_token=self._tokens.issue(grant.principal_id, grant.session_id))
        response = answered(token, status=status)
        self._cookies.set(request, response, grant)
        return response
