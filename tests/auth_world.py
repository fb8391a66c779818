"""Both principals' accounts, sessions and tokens on a database of the test's own, and their APIs as an application."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

import asyncpg
from aiohttp import web
from argon2 import PasswordHasher

from auth.account_queries import StoreQueries, UserQueries
from auth.accounts import Accounts
from auth.audit import Audit
from auth.audit_api import AuditApi
from auth.audit_queries import AuditQueries
from auth.cookies import SessionCookies, require_own_page
from auth.http import require
from auth.keys import SigningKeys
from auth.passwords import MAX_WAITING, Passwords
from auth.principals import Kind, SessionId
from auth.session_api import SessionApi
from auth.session_queries import SessionQueries
from auth.sessions import Sessions
from auth.store_api import StoreApi
from auth.throttle import Throttle
from auth.throttle_queries import ThrottleQueries
from auth.tokens import AccessTokens
from auth.user_api import UserApi
from server.middleware import answer_errors
from tests.contract import watch

ORIGIN = "http://store.localhost:8080"
REFRESH_KEY = b"k" * 32
THROTTLE_KEY = b"t" * 32


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

    def __post_init__(self) -> None:
        self.passwords = Passwords(hasher=self.hasher, max_waiting=self.max_waiting)
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

    def throttle(self, kind: Kind, *, generosity: int = 1) -> Throttle:
        """Return the limits of one kind."""
        queries = ThrottleQueries(self.pool)
        return Throttle(queries, kind, key=THROTTLE_KEY, now=self.clock, generosity=generosity)

    def app(self, *, always_secure: bool = False) -> web.Application:
        """Return both APIs in one application."""
        user_sessions, store_sessions = self.sessions(Kind.USER), self.sessions(Kind.STORE)
        user_tokens, store_tokens = self.tokens(Kind.USER), self.tokens(Kind.STORE)
        user = UserApi(self.users, user_sessions, user_tokens, self.throttle(Kind.USER))
        cookies = SessionCookies(always_secure=always_secure)
        store = StoreApi(self.stores, store_sessions, store_tokens, cookies, self.throttle(Kind.STORE))
        own_page = require_own_page([ORIGIN]).before
        signed_in_user = require(user_tokens, user_sessions).before
        signed_in_store = require(store_tokens, store_sessions).before
        app = web.Application(middlewares=[answer_errors, watch])
        app.add_routes(
            [
                web.post("/user/auth/signup", user.sign_up),
                web.post("/user/auth/login", user.log_in),
                web.post("/user/auth/refresh", user.refresh),
                web.post("/user/auth/logout", signed_in_user(user.log_out)),
                web.get("/user/me", signed_in_user(user.me)),
                web.get("/user/sessions", signed_in_user(SessionApi(user_sessions).show)),
                web.delete("/user/sessions", signed_in_user(SessionApi(user_sessions).end_others)),
                web.delete("/user/sessions/{id}", signed_in_user(SessionApi(user_sessions).end)),
                web.get("/user/audit", signed_in_user(AuditApi(self.audit(Kind.USER)).page)),
                web.post("/store/auth/signup", own_page(store.sign_up)),
                web.post("/store/auth/login", own_page(store.log_in)),
                web.post("/store/auth/refresh", own_page(store.refresh)),
                web.post("/store/auth/logout", own_page(store.log_out)),
                web.get("/store/me", signed_in_store(store.me)),
                web.get("/store/sessions", signed_in_store(SessionApi(store_sessions).show)),
                web.delete("/store/sessions", signed_in_store(SessionApi(store_sessions).end_others)),
                web.delete("/store/sessions/{id}", signed_in_store(SessionApi(store_sessions).end)),
                web.get("/store/audit", signed_in_store(AuditApi(self.audit(Kind.STORE)).page)),
            ]
        )
        return app

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.passwords.close()
