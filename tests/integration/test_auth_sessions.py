"""Refresh tokens against the real database: rotation, retries, reuse, revocation."""

import asyncio
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from auth.accounts.accounts import canonical
from auth.errors import InvalidRefreshToken, RefreshTokenReused, SessionBusy, SessionEnded, SessionNotFound
from auth.principals import Device, Kind, SessionId
from auth.sessions.sessions import IDLE, LIFETIME, REUSE_GRACE_S, Grant, Sessions
from tests.auth_world import World

DEVICE = Device(user_agent="test", address="127.0.0.1")
AFTER_GRACE = timedelta(seconds=REUSE_GRACE_S + 1)


@dataclass
class Stored:
    """What the database says of a session."""

    tokens: int
    revoked_reason: str | None


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
def sessions(world: World) -> Sessions:
    """The users' sessions."""
    return world.sessions(Kind.USER)


@pytest.fixture
async def grant(world: World, sessions: Sessions) -> Grant:
    """A session of one user."""
    user_id = await world.users.sign_up(
        email=canonical("ann@example.com"), password="correct horse", name="Ann", device=DEVICE
    )
    return await sessions.start(user_id, DEVICE)


async def _stored(pool: asyncpg.Pool, session_id: SessionId) -> Stored:
    row = await pool.fetchrow(
        """
        SELECT (SELECT count(*) FROM refresh_tokens WHERE session_id = sessions.id) AS tokens, revoked_reason
        FROM sessions WHERE id = $1
        """,
        session_id,
    )
    assert row
    return Stored(**row)


async def test_a_refresh_rotates(sessions: Sessions, grant: Grant, pool: asyncpg.Pool) -> None:
    """The successor is another token of the same session, and rotates in its turn."""
    second = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    third = await sessions.refresh(second.session_id, second.refresh_token, DEVICE)
    assert len({grant.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert third.principal_id == grant.principal_id
    assert await _stored(pool, grant.session_id) == Stored(tokens=3, revoked_reason=None)


async def test_bytes_that_are_no_text_are_no_token(sessions: Sessions, grant: Grant) -> None:
    """A cookie can hold any; aiohttp hands them on as lone surrogates."""
    for present in (sessions.refresh, sessions.revoke_by_token):
        with pytest.raises(InvalidRefreshToken):
            await present(grant.session_id, b"\xff\xfe".decode(errors="surrogateescape"), DEVICE)


async def test_no_token_is_stored(sessions: Sessions, grant: Grant, pool: asyncpg.Pool) -> None:
    """Only hashes are, of the first token and of its successor."""
    successor = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    hashes = await pool.fetch("SELECT hash FROM refresh_tokens ORDER BY generation")
    expected = [sha256(token.encode()).digest() for token in (grant.refresh_token, successor.refresh_token)]
    assert [row["hash"] for row in hashes] == expected


async def test_twenty_at_once_are_one_rotation(sessions: Sessions, grant: Grant, pool: asyncpg.Pool) -> None:
    """However many requests cross, they get one and the same successor, and it works."""
    crossing = [sessions.refresh(grant.session_id, grant.refresh_token, DEVICE) for _ in range(20)]
    successors = {astuple(successor) for successor in await asyncio.gather(*crossing)}
    assert len(successors) == 1
    assert await _stored(pool, grant.session_id) == Stored(tokens=2, revoked_reason=None)
    await sessions.refresh(grant.session_id, successors.pop()[2], DEVICE)


async def test_a_flood_on_one_session_starves_no_other(
    world: World, sessions: Sessions, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds the session, far more refreshes wait than there are connections.

    All get the same successor in the end, and one beyond the bound is turned away.
    """
    monkeypatch.setattr("auth.sessions.turns.MAX_WAITING", 40)
    other = await sessions.start(grant.principal_id, DEVICE)
    async with world.pool.acquire() as elsewhere, elsewhere.transaction(), asyncio.TaskGroup() as crossing:
        await elsewhere.execute("SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", grant.session_id)
        flood = [
            crossing.create_task(sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)) for _ in range(41)
        ]
        await asyncio.sleep(0)
        for present in (sessions.refresh, sessions.revoke_by_token):
            with pytest.raises(SessionBusy) as busy:
                await present(grant.session_id, grant.refresh_token, DEVICE)
            assert busy.value.retry_after == timedelta(seconds=1)
        for _ in range(3):
            other = await sessions.refresh(other.session_id, other.refresh_token, DEVICE)
        assert world.pool.get_idle_size() > 0
        assert not any(refresh.done() for refresh in flood)
        await elsewhere.execute("COMMIT; BEGIN")
    assert len({refresh.result().refresh_token for refresh in flood}) == 1
    assert await _stored(world.pool, grant.session_id) == Stored(tokens=2, revoked_reason=None)


async def test_a_session_that_another_process_keeps_is_busy(
    world: World, sessions: Sessions, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up, with nothing changed; and whoever waits for their turn meanwhile gives up before the first."""
    monkeypatch.setattr("auth.sessions.queries.LOCK_WITHIN_S", 0.05)
    monkeypatch.setattr("auth.sessions.turns.WAIT_S", 0.02)
    refresh = partial(sessions.refresh, grant.session_id, grant.refresh_token, DEVICE)
    async with world.pool.acquire() as elsewhere, elsewhere.transaction():
        await elsewhere.execute("SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", grant.session_id)
        with pytest.raises(SessionBusy) as gave_up:
            await refresh()
        assert gave_up.value.retry_after == timedelta(seconds=1)
        monkeypatch.setattr("auth.sessions.queries.LOCK_WITHIN_S", 5.0)
        first = asyncio.create_task(refresh())
        await asyncio.sleep(0)
        with pytest.raises(SessionBusy) as waited:
            await refresh()
        assert waited.value.retry_after == timedelta(seconds=1)
        assert not first.done()
    await first
    assert await _stored(world.pool, grant.session_id) == Stored(tokens=2, revoked_reason=None)


async def test_turns_do_not_run_out(sessions: Sessions, grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had theirs takes no place of those who wait."""
    monkeypatch.setattr("auth.sessions.turns.MAX_WAITING", 1)
    refresh = partial(sessions.refresh, grant.session_id, grant.refresh_token, DEVICE)
    for _ in range(3):
        await asyncio.gather(refresh(), refresh())


async def test_a_retry_within_the_grace_gets_the_same(world: World, sessions: Sessions, grant: Grant) -> None:
    """The answer was lost on the way; the client asks again and nothing new is made."""
    lost = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(timedelta(seconds=REUSE_GRACE_S))
    assert await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE) == lost
    assert await _stored(world.pool, grant.session_id) == Stored(tokens=2, revoked_reason=None)


async def test_retries_do_not_prolong_the_grace(world: World, sessions: Sessions, grant: Grant) -> None:
    """It counts from the rotation, not from the last retry."""
    await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(timedelta(seconds=REUSE_GRACE_S))
    await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(timedelta(seconds=1))
    with pytest.raises(RefreshTokenReused):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)


async def test_the_parent_after_the_grace_revokes(world: World, sessions: Sessions, grant: Grant) -> None:
    """The revocation is committed although the request fails; the newest token is worth nothing from then on."""
    successor = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(AFTER_GRACE)
    with pytest.raises(RefreshTokenReused):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    assert await _stored(world.pool, grant.session_id) == Stored(tokens=2, revoked_reason="refresh_token_reused")
    with pytest.raises(SessionEnded):
        await sessions.refresh(grant.session_id, successor.refresh_token, DEVICE)
    assert not await sessions.is_live(grant.session_id)
    assert await world.revoked() == [grant.session_id]


async def test_the_grandparent_revokes_at_any_time(world: World, sessions: Sessions, grant: Grant) -> None:
    """The grace is for the immediate parent only."""
    parent = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    await sessions.refresh(grant.session_id, parent.refresh_token, DEVICE)
    with pytest.raises(RefreshTokenReused):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    assert await world.revoked() == [grant.session_id]


async def test_twenty_reuses_at_once_revoke_once(world: World, sessions: Sessions, grant: Grant) -> None:
    """The first one ends the session, the others find it ended; what hangs on it is closed once."""
    await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(AFTER_GRACE)
    crossing = [sessions.refresh(grant.session_id, grant.refresh_token, DEVICE) for _ in range(20)]
    outcomes = [type(outcome) for outcome in await asyncio.gather(*crossing, return_exceptions=True)]
    assert sorted(outcome.__name__ for outcome in outcomes) == ["RefreshTokenReused"] + ["SessionEnded"] * 19
    assert await world.revoked() == [grant.session_id]


async def test_a_reuse_ends_that_session_alone(world: World, sessions: Sessions, grant: Grant) -> None:
    """The same user's other devices stay signed in."""
    other = await sessions.start(grant.principal_id, DEVICE)
    await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(AFTER_GRACE)
    with pytest.raises(RefreshTokenReused):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    await sessions.refresh(other.session_id, other.refresh_token, DEVICE)


async def test_a_guess_changes_nothing(world: World, sessions: Sessions, grant: Grant) -> None:
    """Neither an unknown token, nor an unknown session, nor one session's token with another's id."""
    other = await sessions.start(grant.principal_id, DEVICE)
    guesses = [
        (grant.session_id, "guess"),
        (SessionId(uuid4()), grant.refresh_token),
        (other.session_id, grant.refresh_token),
        (grant.session_id, other.refresh_token),
    ]
    for session_id, token in guesses:
        with pytest.raises(InvalidRefreshToken):
            await sessions.refresh(session_id, token, DEVICE)
        with pytest.raises(InvalidRefreshToken):
            await sessions.revoke_by_token(session_id, token, DEVICE)
    assert await _stored(world.pool, grant.session_id) == Stored(tokens=1, revoked_reason=None)
    assert await _stored(world.pool, other.session_id) == Stored(tokens=1, revoked_reason=None)
    assert await world.revoked() == []


async def test_the_other_principal_has_no_such_session(world: World, sessions: Sessions, grant: Grant) -> None:
    """A user's session can neither be refreshed, nor seen, nor ended through the stores' sessions."""
    stores = world.sessions(Kind.STORE)
    with pytest.raises(InvalidRefreshToken):
        await stores.refresh(grant.session_id, grant.refresh_token, DEVICE)
    with pytest.raises(InvalidRefreshToken):
        await stores.revoke_by_token(grant.session_id, grant.refresh_token, DEVICE)
    assert not await stores.is_live(grant.session_id)
    await stores.revoke(grant.session_id, DEVICE)
    await stores.revoke_all(grant.principal_id, DEVICE)
    assert await sessions.is_live(grant.session_id)


async def test_an_idle_session_ends(world: World, sessions: Sessions, grant: Grant) -> None:
    """Each refresh starts the time anew."""
    world.clock.forward(IDLE - timedelta(seconds=1))
    successor = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(IDLE)
    with pytest.raises(SessionEnded):
        await sessions.refresh(grant.session_id, successor.refresh_token, DEVICE)


async def test_a_session_ends_however_much_it_is_used(world: World, sessions: Sessions, grant: Grant) -> None:
    """At the end of its lifetime, refreshed a moment ago or not."""
    step = timedelta(days=10)
    for _ in range(LIFETIME // step - 1):
        world.clock.forward(step)
        grant = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    world.clock.forward(step)
    assert not await sessions.is_live(grant.session_id)
    assert await sessions.live_of(grant.principal_id) == []
    with pytest.raises(SessionEnded):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    with pytest.raises(SessionNotFound):
        await sessions.revoke_own(grant.principal_id, grant.session_id, DEVICE)


async def test_a_session_has_an_end_of_tokens(
    sessions: Sessions, grant: Grant, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever refreshes without end fills no table; until then every old token is recognised."""
    monkeypatch.setattr("auth.sessions.sessions.MAX_GENERATION", 2)
    newest = grant
    for _ in range(2):
        newest = await sessions.refresh(newest.session_id, newest.refresh_token, DEVICE)
    with pytest.raises(SessionEnded):
        await sessions.refresh(newest.session_id, newest.refresh_token, DEVICE)
    assert await _stored(pool, grant.session_id) == Stored(tokens=3, revoked_reason="too_many_refreshes")


async def test_a_session_is_revoked_once(world: World, sessions: Sessions, grant: Grant) -> None:
    """Ending it twice does nothing more, and its first reason stays."""
    await sessions.revoke(grant.session_id, DEVICE)
    await sessions.revoke(grant.session_id, DEVICE)
    await sessions.revoke_all(grant.principal_id, DEVICE)
    assert await world.revoked() == [grant.session_id]
    assert await _stored(world.pool, grant.session_id) == Stored(tokens=1, revoked_reason="logout")
    with pytest.raises(SessionEnded):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)


async def test_the_log_has_each_revocation(sessions: Sessions, grant: Grant, pool: asyncpg.Pool) -> None:
    """Which session, whose kind, and why: one line each. To its owner, ending the session that asks is logging out."""
    others = [await sessions.start(grant.principal_id, DEVICE) for _ in range(3)]
    successor = await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    await sessions.refresh(grant.session_id, successor.refresh_token, DEVICE)
    with capture_logs() as logs:
        await sessions.revoke_by_token(others[0].session_id, others[0].refresh_token, DEVICE)
        await sessions.revoke_own(grant.principal_id, others[1].session_id, DEVICE)
        await sessions.revoke_others(grant.principal_id, DEVICE, keep=grant.session_id)
        with pytest.raises(RefreshTokenReused):
            await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    ended = [*others, grant]
    reasons = ["logout", "ended_by_owner", "logout_others", "refresh_token_reused"]
    assert logs == [
        {
            "event": "session_revoked",
            "log_level": "info",
            "kind": "user",
            "session_id": str(each.session_id),
            "reason": reason,
        }
        for each, reason in zip(ended, reasons, strict=True)
    ]
    noted = await pool.fetch("SELECT event FROM audit_log WHERE event ~ 'out|revoked' ORDER BY event")
    assert [row["event"] for row in noted] == ["logged_out"] + ["session_revoked"] * 3


async def test_the_sessions_used_last_are_listed(
    sessions: Sessions, grant: Grant, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as anybody looks through."""
    monkeypatch.setattr("auth.sessions.sessions.LISTED", 1)
    world.clock.forward(timedelta(seconds=1))
    newer = await sessions.start(grant.principal_id, DEVICE)
    assert [listed.id for listed in await sessions.live_of(grant.principal_id)] == [newer.session_id]


async def test_logging_out_races_with_a_refresh(sessions: Sessions, grant: Grant) -> None:
    """Whichever comes first, the session has ended afterwards."""
    await asyncio.gather(
        *(sessions.refresh(grant.session_id, grant.refresh_token, DEVICE) for _ in range(5)),
        sessions.revoke(grant.session_id, DEVICE),
        return_exceptions=True,
    )
    assert not await sessions.is_live(grant.session_id)
    with pytest.raises(SessionEnded):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)


async def test_a_failed_commit_can_be_retried(sessions: Sessions, grant: Grant, pool: asyncpg.Pool) -> None:
    """When the database breaks off, nothing has happened, and the same token works again."""
    await pool.execute("ALTER TABLE sessions ADD CONSTRAINT broken CHECK (last_used_at = created_at) NOT VALID")
    await pool.execute("ALTER TABLE refresh_tokens ADD CONSTRAINT broken CHECK (generation = 0) NOT VALID")
    with pytest.raises(asyncpg.CheckViolationError):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    await pool.execute("ALTER TABLE sessions DROP CONSTRAINT broken")
    await pool.execute("ALTER TABLE refresh_tokens DROP CONSTRAINT broken")
    assert await _stored(pool, grant.session_id) == Stored(tokens=1, revoked_reason=None)
    await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)


async def test_an_account_takes_its_sessions_along(sessions: Sessions, grant: Grant, pool: asyncpg.Pool) -> None:
    """Nothing of a deleted account stays signed in."""
    await pool.execute("DELETE FROM users WHERE id = $1", grant.principal_id)
    assert not await sessions.is_live(grant.session_id)
    with pytest.raises(InvalidRefreshToken):
        await sessions.refresh(grant.session_id, grant.refresh_token, DEVICE)
    assert await pool.fetchval("SELECT count(*) FROM refresh_tokens") == 0
