"""Sign-up and login against the real database, for both principals."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import given
from hypothesis.strategies import emails

from auth.accounts.accounts import Accounts, canonical
from auth.accounts.queries import StoreQueries, UserQueries
from auth.accounts.schemas import EMAIL_MAX_CHARACTERS
from auth.errors import AccountGone, CommonPassword, EmailTaken, InvalidEmail, WrongCredentials
from auth.passwords.hashing import Passwords
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
    assert (await world.users.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE)).id == user_id
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
    assert (await users.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE)).id == user_id
    assert (await users.log_in(email=EMAIL, password=PASSWORD, device=NO_DEVICE)).id == user_id
    assert stronger.hashed == 1
    with pytest.raises(WrongCredentials):
        await users.log_in(email=EMAIL, password="wrong horse", device=NO_DEVICE)
    passwords.close()


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_hash_replaces_only_the_one_that_was_read(world: World, kind: Kind) -> None:
    """A login that hashes anew cannot bring back a password that was changed meanwhile."""
    accounts, queries = (
        (world.users, UserQueries(world.pool)) if kind is Kind.USER else (world.stores, StoreQueries(world.pool))
    )
    await accounts.sign_up(email=EMAIL, password=PASSWORD, name="Corner Bakery", device=NO_DEVICE)
    read = await queries.find_credentials(EMAIL)
    assert read
    assert await queries.replace_password_hash(read, "changed meanwhile")
    assert not await queries.replace_password_hash(read, "the old password, hashed anew")
    after = await queries.find_credentials(EMAIL)
    assert after
    assert after.password_hash == "changed meanwhile"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("a.nn+x@gmail.com", "a.nn+x@gmail.com"),
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("ANN@BÜCHER.example", "ann@bücher.example"),
        ("e\u0301@example.com", "\u00e9@example.com"),
        ("\u212a@example.com", "k@example.com"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    """Case, composition and the spelling of the domain do not make another account; dots and tags do."""
    assert canonical(typed) == kept
    assert canonical(kept) == kept


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@example",
        "ann@example.com.",
        "ann@example.com\0",
        "ann\n@example.com",
        "Ann <ann@example.com>",
        '"ann"@example.com',
        "ann@[127.0.0.1]",
        "ann@localhost",
        "a" * 250 + "@example.com",
        "\u0130" * 120 + "@example.com",
        "\ud800@example.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """Also what becomes too long only in lower case."""
    with pytest.raises(InvalidEmail):
        canonical(address)


@given(emails())
def test_the_one_form_is_its_own(address: str) -> None:
    """Whatever was typed: a second pass changes nothing, and the table can hold it."""
    try:
        once = canonical(address)
    except InvalidEmail:
        return
    assert canonical(once) == once
    assert len(once) <= EMAIL_MAX_CHARACTERS


@pytest.mark.parametrize("password", ["password123", "Corner Bakery 1", "bakery@example.com", "2024-Sunshine"])
async def test_a_password_that_is_easy_to_guess_opens_nothing(world: World, password: str) -> None:
    """Neither a common one nor one's own name; nothing is stored or hashed."""
    world.hasher.hashed = 0
    email = canonical("bakery@example.com")
    with pytest.raises(CommonPassword):
        await world.stores.sign_up(email=email, password=password, name="Corner Bakery", device=NO_DEVICE)
    assert world.hasher.hashed == 0
    assert await world.pool.fetchval("SELECT count(*) FROM stores") == 0
