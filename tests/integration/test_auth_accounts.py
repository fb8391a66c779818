"""Sign-up and login against the real database, for both principals."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from auth.account_queries import StoreQueries, UserQueries
from auth.accounts import Accounts, canonical
from auth.errors import AccountGone, EmailTaken, WrongCredentials
from auth.passwords import Passwords
from auth.principals import NO_DEVICE, Kind
from tests.auth_world import CountingHasher, World

EMAIL = canonical("ann@example.com")
PASSWORD = "correct horse"


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


async def test_an_account_opens_and_lets_in(world: World) -> None:
    """The same person comes back with the same password."""
    user_id = await world.users.sign_up(email=EMAIL, password=PASSWORD, name="Ann", device=NO_DEVICE)
    assert await world.users.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE) == user_id
    user = await world.users.get(user_id)
    assert (user.id, user.email, user.name) == (user_id, EMAIL, "Ann")


async def test_a_wrong_password_and_an_unknown_address_look_alike(world: World) -> None:
    """The same refusal, for the same work: one verification and nothing else."""
    await world.users.sign_up(email=EMAIL, password=PASSWORD, name="Ann", device=NO_DEVICE)
    for email in (EMAIL, canonical("nobody@example.com")):
        world.hasher.hashed = world.hasher.verified = 0
        with pytest.raises(WrongCredentials):
            await world.users.log_in(email=email, password="wrong horse", device=NO_DEVICE)
        assert (world.hasher.hashed, world.hasher.verified) == (0, 1)


async def test_an_address_has_one_account_of_a_kind(world: World) -> None:
    """PostgreSQL decides, also when several try at once; the same address can be a user and a store."""
    crossing = [world.users.sign_up(email=EMAIL, password=PASSWORD, name="Ann", device=NO_DEVICE) for _ in range(5)]
    outcomes = await asyncio.gather(*crossing, return_exceptions=True)
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 4
    await world.stores.sign_up(email=EMAIL, password=PASSWORD, name="Ann's", device=NO_DEVICE)
    with pytest.raises(EmailTaken):
        await world.stores.sign_up(email=EMAIL, password=PASSWORD, name="Ann's", device=NO_DEVICE)


async def test_a_user_is_no_store(world: World) -> None:
    """An account of one kind does not open the other."""
    user_id = await world.users.sign_up(email=EMAIL, password=PASSWORD, name="Ann", device=NO_DEVICE)
    with pytest.raises(WrongCredentials):
        await world.stores.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE)
    with pytest.raises(AccountGone):
        await world.stores.get(user_id)


async def test_stores_of_one_name_get_slugs_of_their_own(world: World) -> None:
    """The first has the plain one."""
    opened = [
        await world.stores.sign_up(
            email=canonical(f"store{n}@example.com"), password=PASSWORD, name="Corner Bakery", device=NO_DEVICE
        )
        for n in range(3)
    ]
    slugs = [(await world.stores.get(store_id)).slug for store_id in opened]
    assert slugs[0] == "corner-bakery"
    assert len(set(slugs)) == 3
    assert all(slug.startswith("corner-bakery-") for slug in slugs[1:])


async def test_passwords_are_hashed_anew_when_parameters_change(world: World) -> None:
    """At the next login, once."""
    user_id = await world.users.sign_up(email=EMAIL, password=PASSWORD, name="Ann", device=NO_DEVICE)
    stronger = CountingHasher(memory_cost=16)
    passwords = Passwords(hasher=stronger)
    users = Accounts(UserQueries(world.pool), passwords, world.audit(Kind.USER))
    stronger.hashed = 0
    assert await users.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE) == user_id
    assert await users.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE) == user_id
    assert stronger.hashed == 1
    with pytest.raises(WrongCredentials):
        await users.log_in(email=EMAIL, password="wrong horse", device=NO_DEVICE)
    passwords.close()


async def test_a_stores_password_is_hashed_anew_too(world: World) -> None:
    """Each table has its own statement for it."""
    store_id = await world.stores.sign_up(email=EMAIL, password=PASSWORD, name="Corner Bakery", device=NO_DEVICE)
    queries = StoreQueries(world.pool)
    await queries.set_password_hash(store_id, "replaced")
    credentials = await queries.find_credentials(EMAIL)
    assert credentials
    assert credentials.password_hash == "replaced"
