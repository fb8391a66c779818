"""What is over for long is deleted, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from auth.accounts.accounts import canonical
from auth.audit.log import Event
from auth.errors import InvalidRefreshToken, SessionEnded
from auth.principals import NO_DEVICE, Kind
from auth.sessions.sessions import IDLE, Grant
from auth.upkeep import BATCH, SESSIONS_AFTER, Upkeep
from auth.upkeep_queries import UpkeepQueries
from tests.auth_world import World


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
def upkeep(world: World) -> Upkeep:
    """What deletes, at the test's time."""
    return Upkeep(UpkeepQueries(world.pool), now=world.clock)


async def _session(world: World, email: str) -> Grant:
    user_id = await world.users.sign_up(
        email=canonical(email), password="a quiet garden path", name="Ann", device=NO_DEVICE
    )
    return await world.sessions(Kind.USER).start(user_id, NO_DEVICE)


async def test_sessions_are_deleted_once_they_are_over_for_a_while(world: World, upkeep: Upkeep) -> None:
    """Revoked or idle, with their tokens; one that is refreshed stays, with every token that it ever had."""
    sessions = world.sessions(Kind.USER)
    revoked, idle, used = [await _session(world, f"{name}@example.com") for name in ("ann", "bob", "cid")]
    await sessions.revoke(revoked.session_id, NO_DEVICE)
    world.clock.forward(IDLE - timedelta(hours=1))
    newest = await sessions.refresh(used.session_id, used.refresh_token, NO_DEVICE)
    world.clock.forward(timedelta(hours=1))
    await upkeep.once()
    for over in (revoked, idle):
        with pytest.raises(SessionEnded):
            await sessions.refresh(over.session_id, over.refresh_token, NO_DEVICE)
    world.clock.forward(SESSIONS_AFTER - IDLE + timedelta(seconds=1))
    await upkeep.once()
    for over in (revoked, idle):
        with pytest.raises(InvalidRefreshToken):
            await sessions.refresh(over.session_id, over.refresh_token, NO_DEVICE)
    assert await world.pool.fetchval("SELECT count(*) FROM refresh_tokens") == 2
    await sessions.refresh(newest.session_id, newest.refresh_token, NO_DEVICE)


async def test_more_than_a_batch_is_deleted(world: World, upkeep: Upkeep) -> None:
    """Batch after batch, until nothing is left."""
    grant = await _session(world, "ann@example.com")
    for _ in range(BATCH):
        await world.sessions(Kind.USER).start(grant.principal_id, NO_DEVICE)
    world.clock.forward(SESSIONS_AFTER + timedelta(seconds=1))
    await upkeep.once()
    assert await world.pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_notes_leave_by_age(world: World, upkeep: Upkeep) -> None:
    """After 181 days; what PostgreSQL finds too young it keeps, whatever our clock says."""
    world.clock.now = datetime.now(UTC)
    audit = world.audit(Kind.USER)
    for age in (0, 180, 182):
        world.clock.forward(-timedelta(days=age))
        await audit.note(Event.SIGNED_UP, NO_DEVICE, principal_id=None, age=age)
        world.clock.forward(timedelta(days=age))
    await upkeep.once()
    left = "SELECT array_agg((about ->> 'age')::int ORDER BY at DESC) FROM audit_log"
    assert await world.pool.fetchval(left) == [0, 180]
    world.clock.forward(timedelta(days=100))
    with pytest.raises(asyncpg.RestrictViolationError):
        await Upkeep(UpkeepQueries(world.pool), now=lambda: world.clock.now + timedelta(days=100)).once()
    assert await world.pool.fetchval(left) == [0, 180]


async def test_one_process_deletes_at_a_time(world: World, upkeep: Upkeep) -> None:
    """Another one that comes meanwhile leaves it to the first, and does it the next time."""
    await _session(world, "ann@example.com")
    world.clock.forward(SESSIONS_AFTER + timedelta(seconds=1))
    async with UpkeepQueries(world.pool).alone() as alone:
        assert alone
        await upkeep.once()
        assert await world.pool.fetchval("SELECT count(*) FROM sessions") == 1
    await upkeep.once()
    assert await world.pool.fetchval("SELECT count(*) FROM sessions") == 0
