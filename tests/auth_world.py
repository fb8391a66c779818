"""Both principals' accounts, sessions and tokens on a database of the test's own, and their APIs as an application."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self
from uuid import UUID

import asyncpg
from aiohttp import web
from argon2 import PasswordHasher

from auth.accounts.accounts import Accounts
from auth.accounts.changes import AccountChanges, AccountT, ChangeQueries
from auth.accounts.own_api import AccountApi
from auth.accounts.queries import StoreQueries, UserQueries
from auth.accounts.store_api import StoreApi
from auth.accounts.user_api import UserApi
from auth.audit.api import AuditApi
from auth.audit.log import Audit
from auth.audit.queries import AuditQueries
from auth.http.asking import require
from auth.http.operations import Gate
from auth.mail.letters import Letters
from auth.mail.link_queries import MailTokenQueries
from auth.mail.links import MailTokens
from auth.mail.outgoing import Mail, Post
from auth.passwords.hashing import MAX_WAITING, Passwords
from auth.principals import Kind, SessionId
from auth.sessions.api import SessionApi
from auth.sessions.cookies import SessionCookies, require_own_page
from auth.sessions.queries import SessionQueries
from auth.sessions.sessions import Sessions
from auth.throttle.queries import ThrottleQueries
from auth.throttle.throttle import Throttle
from auth.tokens.access import AccessTokens
from auth.tokens.keys import SigningKeys
from server import second_factors
from server.middleware import answer_errors, identify, security_headers
from server.routes import second_factor_routes
from server.second_factors import SecondFactorDoors
from tests.contract import watch

ORIGIN = "http://store.localhost:8080"
USER_ORIGIN = "http://user.localhost:8080"
REFRESH_KEY = b"k" * 32
THROTTLE_KEY = b"t" * 32
SECOND_FACTOR_KEY = b"s" * 32


class Clock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time it stands at."""
        return self.now

    def forward(self, duration: timedelta) -> None:
        """Let time pass."""
        self.now += duration


class CountingHasher(PasswordHasher):
    """Argon2id that is cheap and counts its work."""

    def __init__(self, memory_cost: int = 8) -> None:
        super().__init__(time_cost=1, memory_cost=memory_cost, parallelism=1)
        self.hashed = 0
        self.verified = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """Count and hash."""
        self.hashed += 1
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's name
        """Count and verify."""
        self.verified += 1
        return super().verify(hash, password)


@dataclass
class World:
    """Everything of this room, wired as the server does."""

    pool: asyncpg.Pool
    folder: Path
    clock: Clock = field(default_factory=Clock)
    hasher: CountingHasher = field(default_factory=CountingHasher)
    max_waiting: int = MAX_WAITING
    post: Post | None = None
    # Of the limits on what is done with one's own account.
    generosity: int = 100
    forgotten: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.passwords = Passwords(hasher=self.hasher, max_waiting=self.max_waiting)
        self.mail = Mail(self.post)
        self.users = Accounts(UserQueries(self.pool), self.passwords, self.audit(Kind.USER))
        self.stores = Accounts(StoreQueries(self.pool), self.passwords, self.audit(Kind.STORE))

    def audit(self, kind: Kind) -> Audit:
        """Return the audit log of one kind."""
        return Audit(kind, AuditQueries(self.pool), now=self.clock)

    async def revoked(self) -> list[SessionId]:
        """Return the sessions that were revoked, each as often as it was noted."""
        rows = await self.pool.fetch(
            "SELECT session_id FROM audit_log WHERE event IN ('logged_out', 'session_revoked') ORDER BY at"
        )
        return [SessionId(row["session_id"]) for row in rows]

    def sessions(self, kind: Kind) -> Sessions:
        """Return the sessions of one kind."""
        queries = SessionQueries(self.pool, kind)
        return Sessions(queries, refresh_key=REFRESH_KEY, now=self.clock)

    def keys(self, kind: Kind) -> SigningKeys:
        """Return the keys of one kind."""
        return SigningKeys(self.folder / kind, now=self.clock)

    def tokens(self, kind: Kind) -> AccessTokens:
        """Return the access tokens of one kind."""
        return AccessTokens(kind, self.keys(kind), now=self.clock)

    def changes(self, queries: ChangeQueries[AccountT], kind: Kind) -> AccountChanges[AccountT]:
        """Return the changes to accounts of one kind."""
        return AccountChanges(
            queries=queries,
            passwords=self.passwords,
            sessions=self.sessions(kind),
            tokens=MailTokens(MailTokenQueries(self.pool, kind), now=self.clock),
            mail=self.mail,
            letters=Letters(f"https://{kind}.example"),
            audit=self.audit(kind),
            forget=self._note_forgotten,
        )

    def throttle(self, kind: Kind, *, generosity: int = 1) -> Throttle:
        """Return the limits of one kind."""
        queries = ThrottleQueries(self.pool)
        return Throttle(queries, kind, key=THROTTLE_KEY, now=self.clock, generosity=generosity)

    def second_factors(self, kind: Kind) -> SecondFactorDoors:
        """Return the second factors of one kind, on store.localhost and on the address of the test's server."""
        return second_factors.compose(
            kind,
            self.pool,
            self.users if kind is Kind.USER else self.stores,
            self.audit(kind),
            self.throttle(kind),
            mail=self.mail,
            letters=Letters(f"https://{kind}.example"),
            key=SECOND_FACTOR_KEY,
            origins={"store.localhost": (ORIGIN,), "user.localhost": (USER_ORIGIN,), "127.0.0.1": ()},
            now=self.clock,
        )

    def app(self, *, always_secure: bool = False) -> web.Application:
        """Return both APIs in one application."""
        user_sessions, store_sessions = self.sessions(Kind.USER), self.sessions(Kind.STORE)
        user_tokens, store_tokens = self.tokens(Kind.USER), self.tokens(Kind.STORE)
        user_changes = self.changes(UserQueries(self.pool), Kind.USER)
        store_changes = self.changes(StoreQueries(self.pool), Kind.STORE)
        user_factors, store_factors = self.second_factors(Kind.USER), self.second_factors(Kind.STORE)
        user = UserApi(
            self.users,
            user_changes,
            user_sessions,
            user_tokens,
            second_factors=user_factors.log_in,
            throttle=self.throttle(Kind.USER),
        )
        cookies = SessionCookies(always_secure=always_secure)
        store = StoreApi(
            self.stores,
            store_changes,
            store_sessions,
            store_tokens,
            second_factors=store_factors.log_in,
            cookies=cookies,
            throttle=self.throttle(Kind.STORE),
        )
        own_page = require_own_page([ORIGIN]).before
        app = web.Application(middlewares=[identify, answer_errors, watch])
        app.on_response_prepare.append(security_headers(always_secure=always_secure))
        user_required, store_required = require(user_tokens, user_sessions), require(store_tokens, store_sessions)
        about_factors = [
            *second_factor_routes("/user", user_factors, user_required),
            *second_factor_routes("/store", store_factors, store_required),
        ]
        signed_in_user, signed_in_store = user_required.before, store_required.before
        app.add_routes([route.defined() for route in about_factors])
        app.add_routes(
            [
                web.post("/user/auth/signup", user.sign_up),
                web.post("/user/auth/login", user.log_in),
                web.post("/user/auth/login/second-factor", user.log_in_second_factor),
                web.post("/user/auth/passkey/options", user_factors.api.passkey_options),
                web.post("/user/auth/passkey/login", user.log_in_passkey),
                web.post("/user/auth/refresh", user.refresh),
                web.post("/user/auth/logout", signed_in_user(user.log_out)),
                web.get("/user/me", signed_in_user(user.me)),
                web.get("/user/sessions", signed_in_user(SessionApi(user_sessions).show)),
                web.delete("/user/sessions", signed_in_user(SessionApi(user_sessions).end_others)),
                web.delete("/user/sessions/{id}", signed_in_user(SessionApi(user_sessions).end)),
                web.get("/user/audit", signed_in_user(AuditApi(self.audit(Kind.USER)).page)),
                web.post("/store/auth/signup", own_page(store.sign_up)),
                web.post("/store/auth/login", own_page(store.log_in)),
                web.post("/store/auth/login/second-factor", own_page(store.log_in_second_factor)),
                web.post("/store/auth/passkey/options", own_page(store_factors.api.passkey_options)),
                web.post("/store/auth/passkey/login", own_page(store.log_in_passkey)),
                web.post("/store/auth/refresh", own_page(store.refresh)),
                web.post("/store/auth/logout", own_page(store.log_out)),
                web.get("/store/me", signed_in_store(store.me)),
                web.get("/store/sessions", signed_in_store(SessionApi(store_sessions).show)),
                web.delete("/store/sessions", signed_in_store(SessionApi(store_sessions).end_others)),
                web.delete("/store/sessions/{id}", signed_in_store(SessionApi(store_sessions).end)),
                web.get("/store/audit", signed_in_store(AuditApi(self.audit(Kind.STORE)).page)),
            ]
        )
        user_own = AccountApi(user_changes, self.throttle(Kind.USER, generosity=self.generosity))
        store_own = AccountApi(
            store_changes, self.throttle(Kind.STORE, generosity=self.generosity), forget=cookies.clear
        )
        app.add_routes(self._own(user_own, Kind.USER, user_required, user_factors.second_factor_proved))
        app.add_routes(self._own(store_own, Kind.STORE, store_required, store_factors.second_factor_proved))
        return app

    def _own(self, api: AccountApi[AccountT], kind: Kind, signed_in: Gate, proved: Gate) -> list[web.RouteDef]:
        return [
            web.post(f"/{kind}/auth/password", signed_in.before(api.change_password)),
            web.post(f"/{kind}/auth/password/forgot", api.forgot_password),
            web.post(f"/{kind}/auth/password/reset", api.reset_password),
            web.post(f"/{kind}/auth/email", signed_in.before(proved.before(api.change_email))),
            web.post(f"/{kind}/auth/email/verify", api.verify_email),
            web.post(f"/{kind}/auth/email/resend", signed_in.before(api.resend_verification)),
            web.patch(f"/{kind}/me", signed_in.before(api.rename)),
            web.delete(f"/{kind}/me", signed_in.before(proved.before(api.delete))),
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.passwords.close()

    async def _note_forgotten(self, account_id: UUID) -> None:
        self.forgotten.append(account_id)
