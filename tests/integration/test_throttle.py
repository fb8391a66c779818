"""Limits on guessing and flooding, in the real database."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpClient

from auth.errors import InvalidRefreshToken, TooBusy, TooManyAttempts, WrongCredentials
from auth.principals import Kind
from auth.throttle.throttle import LOG_IN, SURCHARGE, TRUST, Limit, Rule, Throttle, neighbourhood
from auth.upkeep import Upkeep
from auth.upkeep_queries import UpkeepQueries
from server.middleware import answer_errors
from tests.auth_world import World

MINUTE = timedelta(minutes=1)
HOME, OFFICE, HOSTILE = "192.0.2.1", "192.0.2.2", "198.51.100.1"
OWNER = "ann@example.com"

# As LOG_IN, in round numbers.
GUESS = Rule(name="guess", address=Limit(20, MINUTE), place=Limit(SURCHARGE, MINUTE), crowd=Limit(10, MINUTE))


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
def throttle(world: World) -> Throttle:
    """The limits of users."""
    return world.throttle(Kind.USER)


async def succeed(throttle: Throttle, address: str) -> None:
    """The owner signs in."""
    async with throttle.attempt(GUESS, address=address, account=OWNER):
        pass


async def fail(throttle: Throttle, address: str, account: str = OWNER) -> None:
    """Somebody types a wrong password."""
    with pytest.raises(WrongCredentials):
        async with throttle.attempt(GUESS, address=address, account=account):
            raise WrongCredentials


async def wait_for(throttle: Throttle, address: str, account: str = OWNER) -> timedelta:
    """How long an attempt that is refused has to wait."""
    with pytest.raises(TooManyAttempts) as refused:
        await throttle.take(GUESS, address=address, account=account)
    return refused.value.retry_after


async def attack(throttle: Throttle, places: int) -> None:
    """Fail from as many addresses, once each."""
    for number in range(places):
        await fail(throttle, f"203.0.113.{number}")


async def test_a_burst_then_one_each_time(world: World, throttle: Throttle) -> None:
    """So many at once; then as many as time has passed for, and whoever comes early is told how early."""
    rule = Rule(name="plain", address=Limit(3, MINUTE))
    for _ in range(3):
        await throttle.take(rule, address=HOME)
    with pytest.raises(TooManyAttempts) as refused:
        await throttle.take(rule, address=HOME)
    assert refused.value.retry_after == MINUTE
    world.clock.forward(refused.value.retry_after)
    await throttle.take(rule, address=HOME)
    world.clock.forward(MINUTE / 4)
    with pytest.raises(TooManyAttempts) as refused:
        await throttle.take(rule, address=HOME)
    assert refused.value.retry_after == MINUTE * 3 / 4
    await throttle.take(rule, address=OFFICE)


async def test_limits_hold_across_processes(world: World) -> None:
    """However many processes count, and however their requests cross, not one more gets through."""
    rule = Rule(name="plain", address=Limit(7, MINUTE), everyone=Limit(800, MINUTE))
    processes = [world.throttle(Kind.USER) for _ in range(4)]
    crossing = [processes[n % 4].take(rule, address=HOME) for n in range(40)]
    outcomes = await asyncio.gather(*crossing, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 7
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) == 33


async def test_what_was_read_is_judged_again(pool: asyncpg.Pool, throttle: Throttle) -> None:
    """Requests that have all read the same row, and then wait for it, do not take more than is left."""
    rule = Rule(name="plain", address=Limit(4, MINUTE))
    await throttle.take(rule, address=HOME)
    async with pool.acquire() as holder, asyncio.timeout(10):
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM throttle FOR UPDATE")
            crossing = [asyncio.create_task(throttle.take(rule, address=HOME)) for _ in range(8)]
            waiting = (
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = $1"
            )
            name = await holder.fetchval("SELECT current_database()")
            while await holder.fetchval(waiting, name) < len(crossing):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.005)
        outcomes = await asyncio.gather(*crossing, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 3
    refused = [outcome.retry_after for outcome in outcomes if isinstance(outcome, TooManyAttempts)]
    assert refused == [MINUTE] * 5


async def test_a_refused_request_takes_nothing(throttle: Throttle) -> None:
    """An address that is refused cannot use up what others have."""
    rule = Rule(name="plain", address=Limit(1, MINUTE), account=Limit(2, MINUTE))
    await throttle.take(rule, address=HOSTILE, account=OWNER)
    for _ in range(5):
        with pytest.raises(TooManyAttempts):
            await throttle.take(rule, address=HOSTILE, account=OWNER)
    await throttle.take(rule, address=HOME, account=OWNER)


async def test_failures_elsewhere_do_not_lock_the_owner_out(throttle: Throttle) -> None:
    """Where the owner has been nothing changes, and a new place still has one attempt, which is enough."""
    await succeed(throttle, HOME)
    await attack(throttle, places=50)
    for _ in range(SURCHARGE):
        await fail(throttle, HOME)
    assert await wait_for(throttle, HOME) == MINUTE
    await succeed(throttle, OFFICE)
    # Now that is a known place, too.
    for _ in range(SURCHARGE):
        await fail(throttle, OFFICE)


async def test_an_attacked_account_gives_new_places_one_attempt(throttle: Throttle) -> None:
    """More addresses do not mean five times as many guesses."""
    await attack(throttle, places=10)
    await fail(throttle, HOSTILE)
    assert await wait_for(throttle, HOSTILE) == SURCHARGE * MINUTE
    assert await wait_for(throttle, "203.0.113.0") > timedelta()


async def test_an_attack_on_one_account_slows_no_other(throttle: Throttle) -> None:
    """Each account has its own crowd."""
    await attack(throttle, places=50)
    for _ in range(SURCHARGE):
        await fail(throttle, HOSTILE, account="ben@example.com")


async def test_a_success_earns_no_guesses_at_others(throttle: Throttle) -> None:
    """Signing in to an account of one's own in between does not fill the address's bucket."""
    for number in range(10):
        await fail(throttle, HOSTILE, account=f"victim{number}@example.com")
        async with throttle.attempt(GUESS, address=HOSTILE, account="own@example.com"):
            pass
    assert await wait_for(throttle, HOSTILE, account="another@example.com") == MINUTE


async def test_trust_ends(world: World, throttle: Throttle) -> None:
    """Whoever comes back after TRUST is a stranger again."""
    await succeed(throttle, HOME)
    world.clock.forward(TRUST)
    await attack(throttle, places=10)
    await fail(throttle, HOME)
    assert await wait_for(throttle, HOME) == SURCHARGE * MINUTE


async def test_trusted_places_pass_when_everyone_is_limited(throttle: Throttle) -> None:
    """A flood of strangers leaves known people alone."""
    rule = Rule(name="flooded", address=Limit(20, MINUTE), place=Limit(5, MINUTE), everyone=Limit(8, MINUTE))
    async with throttle.attempt(rule, address=HOME, account=OWNER):
        pass
    with pytest.raises(TooManyAttempts):
        await throttle.take(rule, address=HOME, account="ben@example.com")
    await throttle.take(rule, address=HOME, account=OWNER)


async def test_an_attempt_that_nobody_looked_at_is_none(throttle: Throttle) -> None:
    """When the server is too busy to check the password, the attempt is given back."""
    for _ in range(2 * SURCHARGE):
        with pytest.raises(TooBusy):
            async with throttle.attempt(GUESS, address=HOME, account=OWNER):
                raise TooBusy(retry_after=MINUTE)


async def test_a_success_forgets_what_an_account_failed(throttle: Throttle) -> None:
    """Where failures close the account itself, the right answer opens it again."""
    rule = Rule(name="strict", address=Limit(20, MINUTE), account=Limit(3, MINUTE))
    for _ in range(2):
        with pytest.raises(WrongCredentials):
            async with throttle.attempt(rule, address=HOSTILE, account=OWNER):
                raise WrongCredentials
    async with throttle.attempt(rule, address=HOME, account=OWNER):
        pass
    for _ in range(3):
        await throttle.take(rule, address=HOME, account=OWNER)
    with pytest.raises(TooManyAttempts):
        await throttle.take(rule, address=HOME, account=OWNER)


async def test_an_empty_crowd_is_not_overdrawn(world: World, throttle: Throttle) -> None:
    """However long an attack lasts, the account recovers within the time of its own bucket."""
    await attack(throttle, places=50)
    world.clock.forward(10 * MINUTE)
    for _ in range(SURCHARGE):
        await fail(throttle, HOME)


async def test_both_principals_are_counted_apart(world: World, throttle: Throttle) -> None:
    """A user's failures are not the store's of the same e-mail address."""
    for _ in range(SURCHARGE):
        await fail(throttle, HOME)
    await fail(world.throttle(Kind.STORE), HOME)


async def test_nothing_readable_is_stored(pool: asyncpg.Pool, throttle: Throttle) -> None:
    """The table holds keyed hashes and times."""
    await fail(throttle, HOME)
    assert OWNER.encode() not in b"".join([row["key"] for row in await pool.fetch("SELECT key FROM throttle")])
    assert {len(row["key"]) for row in await pool.fetch("SELECT key FROM throttle")} == {16}


async def test_rows_without_meaning_are_swept(world: World, pool: asyncpg.Pool, throttle: Throttle) -> None:
    """What has been given back is deleted; a trusted place stays."""
    await succeed(throttle, HOME)
    await fail(throttle, HOSTILE)
    upkeep = Upkeep(UpkeepQueries(pool), now=world.clock)
    await upkeep.once()
    assert await pool.fetchval("SELECT count(*) FROM throttle") == 5
    world.clock.forward(timedelta(hours=1))
    await upkeep.once()
    assert await pool.fetchval("SELECT count(*) FROM throttle") == 1
    world.clock.forward(TRUST)
    await upkeep.once()
    assert await pool.fetchval("SELECT count(*) FROM throttle") == 0


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_neighbours_are_counted_together(address: str, counted_as: str) -> None:
    """One subscriber has 2^64 addresses of IPv6, and one of IPv4 however it is written."""
    assert neighbourhood(address) == counted_as


async def test_a_throttled_login_tells_nothing(world: World, aiohttp_client: AiohttpClient) -> None:
    """A known and an unknown e-mail address run out alike: the same answers, for the same number of hashes."""
    client = await aiohttp_client(world.app())
    await client.post("/user/auth/signup", json={"email": OWNER, "password": "correct horse", "name": "Ann"})
    seen = []
    for email in (OWNER, "nobody@example.com"):
        world.hasher.hashed = world.hasher.verified = 0
        answers = []
        for _ in range(LOG_IN.place.burst + 2 if LOG_IN.place else 0):
            answer = await client.post("/user/auth/login", json={"email": email, "password": "wrong horse"})
            answers.append((answer.status, answer.headers.get("Retry-After"), await answer.json()))
        seen.append((answers, world.hasher.hashed, world.hasher.verified))
    assert seen[0] == seen[1]
    answers, hashed, verified = seen[0]
    assert [status for status, _, _ in answers] == [401] * 5 + [429] * 2
    assert (answers[-1][1], answers[-1][2]["error"]["code"]) == ("60", "too_many_attempts")
    assert (hashed, verified) == (0, 5)


async def test_only_refusals_are_counted(throttle: Throttle, world: World, aiohttp_client: AiohttpClient) -> None:
    """Where a success costs nothing, refusals run out; then nothing is looked at until the wait is over."""
    looked_at = []

    async def refresh(request: web.Request) -> web.Response:
        looked_at.append(request)
        if request.query["token"] == "wrong":
            raise InvalidRefreshToken
        return web.Response()

    gate = throttle.limited_refusals(Rule(name="refused", address=Limit(2, MINUTE)), InvalidRefreshToken)
    app = web.Application(middlewares=[answer_errors])
    app.router.add_get("/", gate.before(refresh))
    client = await aiohttp_client(app)

    async def status(token: str) -> int:
        return (await client.get("/", params={"token": token})).status

    assert [await status("right") for _ in range(5)] == [200] * 5
    assert [await status("wrong") for _ in range(3)] == [401, 401, 429]
    assert len(looked_at) == 8
    assert [await status("wrong"), await status("right")] == [429, 429]
    assert len(looked_at) == 8
    world.clock.forward(MINUTE)
    assert await status("right") == 200
