"""Any history of sessions: logins, refreshes that cross, retries, reuses, logouts and time, against a model of them.

Two sets of `Sessions` on one database stand for two servers; a third party listens for what ends.
"""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from auth.errors import InvalidRefreshToken, RefreshTokenReused, SessionEnded, SessionNotFound
from auth.notices.listening import Notices
from auth.notices.queries import NoticeFeed
from auth.principals import NO_DEVICE, Kind, SessionId
from auth.sessions.ending_queries import EndingQueries
from auth.sessions.endings import Endings
from auth.sessions.sessions import IDLE, LIFETIME, REUSE_GRACE_S, Grant
from server import database
from tests.auth_world import World

DEADLINE_S = 10.0

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass
class Modelled:
    """What must be true of a session: its tokens from the first to the newest, and how it ended."""

    id: SessionId
    owner: UUID
    started_at: datetime
    tokens: list[str]
    used_at: datetime
    reason: str | None = None
    reused: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether it opens nothing any more."""
        return bool(self.reason) or self.used_at + IDLE <= now or self.started_at + LIFETIME <= now


@dataclass
class Database:
    """What all histories share, and the `tokens` that were given out in any of them."""

    run: Run
    pool: asyncpg.Pool
    url: str
    folder: Path
    people: int = 0
    tokens: list[str] = field(default_factory=list)


class SessionMachine(RuleBasedStateMachine):
    """One history. Its two users are its own; so histories do not meet in the database."""

    def __init__(self, shared: Database) -> None:
        super().__init__()
        self.shared = shared
        self.run = shared.run
        self.world = World(shared.pool, shared.folder)
        self.clock = self.world.clock
        self.servers = [self.world.sessions(Kind.USER) for _ in range(2)]
        self.sessions: list[Modelled] = []
        self.closed: list[SessionId] = []
        self.stack = AsyncExitStack()

    @initialize()
    def open(self) -> None:
        """Two users, and somebody who listens."""
        self.users = [self.run(self._user()) for _ in range(2)]
        notices = Notices(NoticeFeed(self.shared.url))
        Endings(EndingQueries(self.shared.pool), self, now=self.clock).follow(notices)
        self.run(self.stack.enter_async_context(notices.kept()))

    def auth_sessions(self) -> list[SessionId]:
        """Nothing is looked up: what is closed was told."""
        return []

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """Note what was told."""
        self.closed.append(auth_session_id)

    async def _user(self) -> UUID:
        self.shared.people += 1
        return UUID(
            str(
                await self.shared.pool.fetchval(
                    "INSERT INTO users (email, name, password_hash) VALUES ($1, 'Ann', '-') RETURNING id",
                    f"{self.shared.people}@example.com",
                )
            )
        )

    @precondition(lambda self: sum(not session.is_over(self.clock.now) for session in self.sessions) < 3)
    @rule(user=st.integers(0, 1))
    def log_in(self, user: int) -> None:
        """A new session with a first token; a few at a time, so that each of them gets a history."""
        grant = self.run(self.servers[0].start(self.users[user], NO_DEVICE))
        now = self.clock.now
        self.sessions.append(Modelled(grant.session_id, grant.principal_id, now, [grant.refresh_token], now))

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), age=st.sampled_from([0, 0, 0, 1, 1, 2, 3]), copies=st.integers(1, 5))
    def refresh(self, data: st.DataObject, age: int, copies: int) -> None:
        """Several requests at once, on both servers, with one token: the newest, or an older one."""
        self._refresh(self._one(data), age, copies)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data(), later_s=st.sampled_from([0, REUSE_GRACE_S, REUSE_GRACE_S + 1]), copies=st.integers(1, 5))
    def refresh_again(self, data: st.DataObject, later_s: int, copies: int) -> None:
        """The answer was lost, or somebody took the token: it comes back after a while."""
        session = self._one(data)
        self._refresh(session, 0, 1)
        self.clock.forward(timedelta(seconds=later_s))
        self._refresh(session, 1, copies)

    def _refresh(self, session: Modelled, age: int, copies: int) -> None:
        age = min(age, len(session.tokens) - 1)
        outcomes = self._present(session, [session.tokens[-1 - age]] * copies)
        if session.is_over(self.clock.now):
            assert all(isinstance(outcome, SessionEnded) for outcome in outcomes)
        elif age == 0:
            self._rotated(session, _only([outcome for outcome in outcomes if isinstance(outcome, Grant)], copies))
        elif age == 1 and self._in_grace(session):
            grants = [outcome for outcome in outcomes if isinstance(outcome, Grant)]
            assert _only(grants, copies).refresh_token == session.tokens[-1]
        else:
            kinds = sorted(type(outcome).__name__ for outcome in outcomes)
            assert kinds == ["RefreshTokenReused"] + ["SessionEnded"] * (copies - 1)
            self._reused(session)

    @precondition(lambda self: any(len(session.tokens) > 1 for session in self.sessions))
    @rule(data=st.data(), age=st.integers(1, 2))
    def refresh_with_two_tokens(self, data: st.DataObject, age: int) -> None:
        """The newest token and an older one at once: whichever comes first, the older one gets nothing new."""
        session = data.draw(st.sampled_from([session for session in self.sessions if len(session.tokens) > 1]))
        older = max(0, len(session.tokens) - 1 - age)
        expected = session.tokens[older + 1]
        by_newest, by_older = self._present(session, [session.tokens[-1], session.tokens[older]])
        if session.is_over(self.clock.now):
            assert isinstance(by_newest, SessionEnded)
            assert isinstance(by_older, SessionEnded)
            return
        in_grace = older == len(session.tokens) - 2 and self._in_grace(session)
        if isinstance(by_newest, Grant):
            self._rotated(session, by_newest)
        if isinstance(by_older, Grant):
            assert in_grace
            assert by_older.refresh_token == expected
            assert isinstance(by_newest, Grant)
        else:
            assert isinstance(by_older, RefreshTokenReused)
            assert isinstance(by_newest, Grant | SessionEnded)
            self._reused(session)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """One of the ways in which owners end sessions. Of the rules it is one, so that histories are not too short."""
        ways = [self._refresh_while_logging_out, self._end_one, self._log_out_others, self._log_out_everywhere]
        data.draw(st.sampled_from(ways))(self._one(data), self.users[data.draw(st.integers(0, 1))])

    def _refresh_while_logging_out(self, session: Modelled, _user: UUID) -> None:
        """Whichever comes first, the session has ended."""
        was_over = session.is_over(self.clock.now)

        async def crossing() -> list[object]:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.servers[0].revoke(session.id, NO_DEVICE))
                refreshes = [server.refresh(session.id, session.tokens[-1], NO_DEVICE) for server in self.servers]
                return list(await asyncio.gather(*refreshes, return_exceptions=True))

        grants = []
        for outcome in self.run(crossing()):
            assert isinstance(outcome, SessionEnded) or (isinstance(outcome, Grant) and not was_over)
            if isinstance(outcome, Grant):
                grants.append(outcome)
        if grants:
            self._rotated(session, _only(grants, len(grants)))
        session.reason = session.reason or "logout"

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def guess(self, data: st.DataObject) -> None:
        """What is no token of the session changes nothing: also another session's token."""
        session = self._one(data)
        foreign = [other.tokens[-1] for other in self.sessions if other is not session]
        token = data.draw(st.sampled_from(["", "guess", *foreign]))
        assert isinstance(self._present(session, [token])[0], InvalidRefreshToken)

    def _end_one(self, session: Modelled, user: UUID) -> None:
        """Only the owner ends a session, and only one that is live."""
        outcome = self.run(_outcome(self.servers[1].revoke_own(user, session.id, NO_DEVICE)))
        if session.owner == user and not session.is_over(self.clock.now):
            assert outcome is None
            session.reason = "ended_by_owner"
        else:
            assert isinstance(outcome, SessionNotFound)

    def _log_out_others(self, kept: Modelled, _user: UUID) -> None:
        """One stays."""
        self.run(self.servers[0].revoke_others(kept.owner, NO_DEVICE, keep=kept.id))
        for session in self.sessions:
            if session.owner == kept.owner and session is not kept:
                session.reason = session.reason or "logout_others"

    def _log_out_everywhere(self, _session: Modelled, user: UUID) -> None:
        """None of this user's stays."""
        self.run(self.servers[1].revoke_all(user, NO_DEVICE))
        for session in self.sessions:
            if session.owner == user:
                session.reason = session.reason or "logout_everywhere"

    @rule(
        passing=st.sampled_from(
            [timedelta(seconds=seconds) for seconds in (1, REUSE_GRACE_S, REUSE_GRACE_S + 1)]
            + [IDLE - timedelta(seconds=1), IDLE]
        )
    )
    def wait(self, passing: timedelta) -> None:
        """Time passes."""
        self.clock.forward(passing)

    @invariant()
    def the_database_agrees(self) -> None:
        """Each session has one chain of tokens, all as hashes, and is live or over as the model says."""
        for session in self.sessions:
            stored = self.run(self._stored(session.id))
            hashes = [sha256(token.encode()).digest() for token in session.tokens]
            assert [(row["generation"], row["hash"]) for row in stored] == list(enumerate(hashes))
            live = self.run(self.servers[0].is_live(session.id))
            assert live is not session.is_over(self.clock.now)

    @invariant()
    def every_end_is_noted_and_told_once(self) -> None:
        """In the audit log, with its reason, and to who listens; and nothing else is."""
        ended = {session.id for session in self.sessions if session.reason}
        self.run(self._told(ended))
        assert sorted(self.closed) == sorted(ended)
        for session in self.sessions:
            noted = self.run(self._noted(session.id))
            ends = [about for event, about in noted if event in {"session_revoked", "logged_out"}]
            assert ends == ([f'{{"reason": "{session.reason}"}}'] if session.reason else [])
            assert [event for event, _ in noted].count("refresh_reused") == session.reused
            assert [event for event, _ in noted].count("logged_in") == 1

    def teardown(self) -> None:
        """Leave the tokens to be looked for when all histories are told."""
        self.shared.tokens += [token for session in self.sessions for token in session.tokens]
        self.run(self.stack.aclose())
        self.world.passwords.close()

    def _one(self, data: st.DataObject) -> Modelled:
        return data.draw(st.sampled_from(self.sessions))

    def _in_grace(self, session: Modelled) -> bool:
        # A session is used when it rotates, and then only.
        return self.clock.now - session.used_at <= timedelta(seconds=REUSE_GRACE_S)

    def _present(self, session: Modelled, tokens: list[str]) -> list[object]:
        async def all_at_once() -> list[object]:
            requests = [
                self.servers[number % 2].refresh(session.id, token, NO_DEVICE) for number, token in enumerate(tokens)
            ]
            return list(await asyncio.gather(*requests, return_exceptions=True))

        return list(self.run(all_at_once()))

    def _rotated(self, session: Modelled, grant: Grant) -> None:
        assert (grant.session_id, grant.principal_id) == (session.id, session.owner)
        assert grant.refresh_token not in session.tokens
        session.tokens.append(grant.refresh_token)
        session.used_at = self.clock.now

    def _reused(self, session: Modelled) -> None:
        session.reason = "refresh_token_reused"
        session.reused = True

    async def _told(self, ended: set[SessionId]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not ended <= set(self.closed):  # noqa: ASYNC110 - a list has no event to wait for
                await asyncio.sleep(0.001)

    async def _stored(self, session_id: SessionId) -> list[asyncpg.Record]:
        return await self.shared.pool.fetch(
            "SELECT generation, hash FROM refresh_tokens WHERE session_id = $1 ORDER BY generation", session_id
        )

    async def _noted(self, session_id: SessionId) -> list[tuple[str, str]]:
        rows = await self.shared.pool.fetch("SELECT event, about FROM audit_log WHERE session_id = $1", session_id)
        return [(row["event"], row["about"]) for row in rows]


async def _everything(pool: asyncpg.Pool) -> str:
    """Return every row of every table as text."""
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [
        await pool.fetchval(f"SELECT coalesce(string_agg(t::text, ''), '') FROM \"{table['tablename']}\" AS t")  # noqa: S608 - our own tables
        for table in tables
    ]
    return "\n".join(rows)


def _only(grants: list[Grant], count: int) -> Grant:
    """All of them are there, and they are the same."""
    assert len(grants) == count
    assert len({grant.refresh_token for grant in grants}) == 1
    return grants[0]


async def _outcome(ending: Coroutine[Any, Any, None]) -> object:
    try:
        await ending
    except SessionNotFound as error:
        return error
    return None


def test_sessions_keep_to_the_model(database_url: str, tmp_path: Path) -> None:
    """Whatever happens in whichever order: one chain of tokens, reuse ends it, and every end is noted and told.

    Afterwards no table holds a token, neither as text nor as bytes.
    """
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        pool = runner.run(stack.enter_async_context(database.open_pool(database_url)))
        shared = Database(runner.run, pool, database_url, tmp_path)
        try:
            run_state_machine_as_test(
                cast("type[SessionMachine]", partial(SessionMachine, shared)),
                settings=settings(
                    max_examples=20,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
            tables = runner.run(_everything(pool))
        finally:
            runner.run(stack.aclose())
    assert sha256(shared.tokens[0].encode()).hexdigest() in tables
    for token in shared.tokens:
        assert token not in tables
        assert urlsafe_b64decode(token + "=").hex() not in tables
