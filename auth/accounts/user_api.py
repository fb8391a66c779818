"""The User API's part about accounts: JSON both ways, for a mobile app that keeps its own tokens."""

from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from auth.accounts.accounts import Accounts
from auth.accounts.changes import AccountChanges
from auth.accounts.queries import User
from auth.accounts.schemas import LogIn, LogOut, Refresh, SignUp, Tokens, UserProfile
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
from auth.factors.schemas import PasskeyLogIn, SecondFactorAnswer, UserLoggedIn, wanted
from auth.factors.second_factor import SecondFactors
from auth.http.asking import device_of, place_of, principal_of
from auth.http.operations import answered, gives, refuses, takes
from auth.principals import SessionId
from auth.sessions.sessions import Grant, Sessions
from auth.throttle.throttle import LOG_IN, Throttle
from auth.tokens.access import AccessTokens


class UserApi:
    """Handlers; `log_out` and `me` belong behind `auth.http.asking.require`."""

    def __init__(  # noqa: PLR0913 - all that signing in takes
        self,
        accounts: Accounts[User],
        changes: AccountChanges[User],
        sessions: Sessions,
        tokens: AccessTokens,
        *,
        second_factors: SecondFactors,
        throttle: Throttle,
    ) -> None:
        self._accounts = accounts
        self._changes = changes
        self._sessions = sessions
        self._tokens = tokens
        self._second_factors = second_factors
        self._throttle = throttle

    @takes(SignUp)
    @gives(Tokens, status=HTTPStatus.CREATED)
    @refuses(EmailTaken, CommonPassword, TooBusy)
    async def sign_up(self, request: web.Request, form: SignUp) -> web.Response:
        """Open an account and sign in. A link to confirm the address is mailed to it."""
        device = device_of(request)
        user_id = await self._accounts.sign_up(
            email=form.email, password=form.password.get_secret_value(), name=form.name, device=device
        )
        grant = await self._sessions.start(user_id, device)
        self._changes.welcome(user_id, form.email)
        return self._granted(grant, status=HTTPStatus.CREATED)

    @takes(LogIn)
    @gives(UserLoggedIn)
    @refuses(WrongCredentials, TooBusy, TooManyAttempts)
    async def log_in(self, request: web.Request, form: LogIn) -> web.Response:
        """Start a session, or ask for the second factor of an account that has one."""
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
    @gives(Tokens)
    @refuses(ChallengeOver, SecondFactorRefused, TooManyCodes, PasskeyRefused, WrongCredentials)
    async def log_in_second_factor(self, request: web.Request, form: SecondFactorAnswer) -> web.Response:
        """Start the session that `login` asked a second factor for."""
        answer = form.root
        user_id = await self._second_factors.answer(Purpose.LOGIN, answer.challenge, answer.given(), place_of(request))
        return await self._begin(request, user_id)

    @takes(PasskeyLogIn)
    @gives(Tokens)
    @refuses(ChallengeOver, PasskeyRefused, WrongCredentials)
    async def log_in_passkey(self, request: web.Request, form: PasskeyLogIn) -> web.Response:
        """Start a session with a passkey alone, which is two factors at once; see `passkey/options`."""
        user_id = await self._second_factors.log_in_by_passkey(form.credential.as_json(), place_of(request))
        return await self._begin(request, user_id)

    @takes(Refresh)
    @gives(Tokens)
    @refuses(InvalidRefreshToken, RefreshTokenReused, SessionEnded, SessionBusy)
    async def refresh(self, request: web.Request, form: Refresh) -> web.Response:
        """Exchange a refresh token for new tokens."""
        grant = await self._sessions.refresh(
            SessionId(form.session_id), form.refresh_token.get_secret_value(), device_of(request)
        )
        return self._granted(grant)

    @takes(LogOut, optional=True)
    @gives(status=HTTPStatus.NO_CONTENT)
    async def log_out(self, request: web.Request, form: LogOut) -> web.Response:
        """End this session, or with {"everywhere": true} every one of this user."""
        principal = principal_of(request)
        if form.everywhere:
            await self._sessions.revoke_all(principal.id, device_of(request))
        else:
            await self._sessions.revoke(principal.session_id, device_of(request))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(UserProfile)
    @refuses(AccountGone)
    async def me(self, request: web.Request) -> web.Response:
        """Show the user."""
        user = await self._accounts.get(principal_of(request).id)
        return answered(UserProfile.of(user))

    async def _begin(self, request: web.Request, user_id: UUID, *, password_hash: str | None = None) -> web.Response:
        grant = await self._sessions.start(user_id, device_of(request), password_hash=password_hash)
        return self._granted(grant)

    def _granted(self, grant: Grant, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        tokens = Tokens(
            access_token=self._tokens.issue(grant.principal_id, grant.session_id),
            refresh_token=grant.refresh_token,
            session_id=grant.session_id,
        )
        return answered(tokens, status=status)
