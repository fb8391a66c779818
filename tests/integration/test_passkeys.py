"""Passkeys: registered, listed, as a second factor and as a login of their own; and what is refused."""

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import asyncpg
import pytest
from aiohttp import DummyCookieJar
from pytest_aiohttp import AiohttpClient

from auth.factors.challenges import TTL
from auth.factors.passkeys import MAX_PASSKEYS
from auth.tokens.keys import b64url
from tests.account_client import AccountClient, Body
from tests.auth_world import World
from tests.authenticator import Authenticator, CredentialJson, Options

NOBODY = "00000000-0000-0000-0000-000000000000"

Attack = Callable[[Authenticator, Options], CredentialJson]


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture(params=["user", "store"])
async def ann(world: World, aiohttp_client: AiohttpClient, request: pytest.FixtureRequest) -> AccountClient:
    """A user and a store in turn, signed up and signed in."""
    client = await aiohttp_client(world.app(), cookie_jar=DummyCookieJar())
    account = AccountClient(world, client, request.param)
    await account.sign_up()
    return account


@pytest.fixture
async def store(world: World, aiohttp_client: AiohttpClient) -> AccountClient:
    """A store, signed up and signed in."""
    client = await aiohttp_client(world.app(), cookie_jar=DummyCookieJar())
    account = AccountClient(world, client, "store")
    await account.sign_up()
    return account


async def second_factor(ann: AccountClient, credential: Callable[[Options], CredentialJson]) -> tuple[int, Body]:
    """Log in with the password and what `credential` makes of the options."""
    wanted = await ann.challenged()
    form = {"challenge": wanted["challenge"], "method": "passkey", "credential": credential(wanted["passkey"])}
    return await ann.ask("POST", "/auth/login/second-factor", form)


async def passwordless(ann: AccountClient, credential: Callable[[Options], CredentialJson]) -> tuple[int, Body]:
    """Log in without a password."""
    options = (await ann.done("POST", "/auth/passkey/options"))["public_key"]
    return await ann.ask("POST", "/auth/passkey/login", {"credential": credential(options)})


def code(answer: tuple[int, Body]) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer[0], answer[1]["error"]["code"]


async def test_a_passkey_is_a_second_factor(ann: AccountClient) -> None:
    """From the next login on; the answer names those that fit and gives a session for a signature."""
    laptop = await ann.set_up_passkey()
    wanted = await ann.challenged()
    assert wanted["methods"] == ["passkey", "recovery_code"]
    assert wanted["passkey"]["rpId"] == f"{ann.kind}.localhost"
    listed = {"type": "public-key", "id": b64url(laptop.credential_id), "transports": ["internal", "hybrid"]}
    assert wanted["passkey"]["allowCredentials"] == [listed]
    status, answer = await second_factor(ann, laptop.get)
    assert (status, "access_token" in answer) == (200, True)


async def test_a_key_that_is_only_touched_is_a_second_factor(ann: AccountClient) -> None:
    """The password was the first; but it is no login of its own, which takes both."""
    key = await ann.set_up_passkey(Authenticator(ann.origin, verifies=False))
    assert (await second_factor(ann, key.get))[0] == 200
    assert code(await passwordless(ann, key.get)) == (403, "passkey_refused")


async def test_a_passkey_logs_in_without_a_password(ann: AccountClient) -> None:
    """It says whose it is; nothing else is asked, although there is a second factor."""
    laptop = await ann.set_up_passkey()
    options = (await ann.done("POST", "/auth/passkey/options"))["public_key"]
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    status, answer = await passwordless(ann, laptop.get)
    assert status == 200
    ann.token = answer["access_token"]
    assert (await ann.done("GET", "/me"))["email"] == ann.email


async def test_the_options_fit_the_browser(ann: AccountClient) -> None:
    """Everything that `parseCreationOptionsFromJSON` reads, and an id that tells nothing about the person."""
    await ann.prove()
    options = (await ann.done("POST", "/me/passkey-options"))["public_key"]
    me = (await ann.done("GET", "/me"))["id"]
    assert options == {
        "rp": {"id": f"{ann.kind}.localhost", "name": "Storeline"},
        "user": {"id": ANY, "name": ann.email, "displayName": "Ann"},
        "challenge": ANY,
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (-8, -7, -257)],
        "timeout": 300_000,
        "excludeCredentials": [],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
        "attestation": "none",
    }
    assert urlsafe_b64decode(options["user"]["id"] + "==").hex() == me.replace("-", "")


async def test_passkeys_are_listed_renamed_and_removed(ann: AccountClient) -> None:
    """Never their keys; with the last one the recovery codes go."""
    laptop = await ann.set_up_passkey()
    await second_factor(ann, laptop.get)
    shown = await ann.done("GET", "/me/second-factors")
    passkey = shown["passkeys"][0]
    assert set(passkey) == {"id", "name", "rp_id", "created_at", "last_used_at"}
    assert (passkey["name"], passkey["last_used_at"] is None) == ("Laptop", False)
    assert (shown["totp"], shown["recovery_codes_left"]) == (None, 10)
    path = f"/me/passkeys/{passkey['id']}"
    assert (await ann.done("PATCH", path, {"name": " Work laptop "}))["name"] == "Work laptop"
    await ann.done("DELETE", path)
    nothing: Body = {"totp": None, "passkeys": [], "recovery_codes_left": 0}
    assert await ann.done("GET", "/me/second-factors") == nothing
    assert code(await passwordless(ann, laptop.get)) == (403, "passkey_refused")


@pytest.mark.parametrize("passkey_id", [NOBODY, "laptop", "of another"])
async def test_passkeys_of_others_are_unknown(store: AccountClient, passkey_id: str) -> None:
    """Renaming and removing answer as for one that nobody has."""
    if passkey_id == "of another":
        other = AccountClient(store.world, store.client, "store", email="bob@storeline.example")
        await other.sign_up()
        await other.set_up_passkey()
        passkey_id = (await other.done("GET", "/me/second-factors"))["passkeys"][0]["id"]
    await store.prove()
    path = f"/me/passkeys/{passkey_id}"
    assert await store.code("PATCH", path, {"name": "Mine"}) == (404, "passkey_not_found")
    assert await store.code("DELETE", path) == (404, "passkey_not_found")


async def test_a_second_factor_adds_no_recovery_codes_to_those_there_are(ann: AccountClient) -> None:
    """They come once, with the first."""
    await ann.set_up_totp()
    options = (await ann.done("POST", "/me/passkey-options"))["public_key"]
    form = {"credential": Authenticator(ann.origin).create(options), "name": "Laptop"}
    assert (await ann.done("POST", "/me/passkeys", form))["recovery_codes"] is None


async def test_a_passkey_is_registered_once(store: AccountClient) -> None:
    """Not twice by one account, nor by another; browsers are told which there are."""
    laptop = await store.set_up_passkey()
    options = (await store.done("POST", "/me/passkey-options"))["public_key"]
    assert [known["id"] for known in options["excludeCredentials"]] == [b64url(laptop.credential_id)]
    form = {"credential": laptop.create(options), "name": "Again"}
    assert await store.code("POST", "/me/passkeys", form) == (409, "passkey_known")


async def test_passkeys_are_bounded(store: AccountClient) -> None:
    """Twenty are enough for anybody's drawers."""
    await store.set_up_passkey()
    for _ in range(MAX_PASSKEYS - 1):
        await store.set_up_passkey(first=False)
    options = (await store.done("POST", "/me/passkey-options"))["public_key"]
    form = {"credential": Authenticator(store.origin).create(options), "name": "One more"}
    assert await store.code("POST", "/me/passkeys", form) == (409, "too_many_passkeys")


def tampered(credential: CredentialJson, part: str) -> CredentialJson:
    """Turn one bit in the middle of a part of the answer."""
    raw = bytearray(urlsafe_b64decode(credential["response"][part] + "=="))
    raw[len(raw) // 2] ^= 1
    response = credential["response"] | {part: b64url(bytes(raw))}
    return credential | {"response": response}


def from_origin(origin: str) -> Attack:
    """The browser shows another site's page."""

    def attack(laptop: Authenticator, options: Options) -> CredentialJson:
        laptop.origin = origin
        return laptop.get(options)

    return attack


def of_party(rp_id: str) -> Attack:
    """The authenticator signs for another relying party."""

    def attack(laptop: Authenticator, options: Options) -> CredentialJson:
        laptop.rp_id = rp_id
        return laptop.get(options)

    return attack


def with_own_key(laptop: Authenticator, options: Options) -> CredentialJson:
    """Somebody else signs under the name of the credential."""
    return Authenticator(
        laptop.origin, rp_id=laptop.rp_id, user_handle=laptop.user_handle, credential_id=laptop.credential_id
    ).get(options)


def unknown(laptop: Authenticator, options: Options) -> CredentialJson:
    """A credential that was never registered."""
    return Authenticator(laptop.origin, rp_id=laptop.rp_id, user_handle=laptop.user_handle).get(options)


def as_another(laptop: Authenticator, options: Options) -> CredentialJson:
    """The authenticator names another account."""
    laptop.user_handle = b64url(bytes(16))
    return laptop.get(options)


def as_registration(laptop: Authenticator, options: Options) -> CredentialJson:
    """What was signed to make a passkey is no login."""
    made = laptop.create({"rp": {"id": laptop.rp_id}, "user": {"id": laptop.user_handle}, **options})
    response = laptop.get(options)["response"] | {"clientDataJSON": made["response"]["clientDataJSON"]}
    return made | {"response": response}


ATTACKS: dict[str, Attack] = {
    "another site": from_origin("https://store.example"),
    "another scheme": from_origin("https://store.localhost:8080"),
    "another port": from_origin("http://store.localhost:9090"),
    "a longer name": from_origin("http://store.localhost:8080.example.com"),
    "the other host": from_origin("http://user.localhost:8080"),
    "another relying party": of_party("store.example"),
    "the other relying party": of_party("user.localhost"),
    "within another site's page": lambda laptop, options: laptop.get(options, cross_origin=True),
    "another challenge": lambda laptop, options: laptop.get(options | {"challenge": b64url(bytes(32))}),
    "another key": with_own_key,
    "an unknown credential": unknown,
    "another account's handle": as_another,
    "a registration": as_registration,
    "tampered client data": lambda laptop, options: tampered(laptop.get(options), "clientDataJSON"),
    "tampered authenticator data": lambda laptop, options: tampered(laptop.get(options), "authenticatorData"),
    "a tampered signature": lambda laptop, options: tampered(laptop.get(options), "signature"),
    "rubbish": lambda laptop, options: {
        **laptop.get(options),
        "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"},
    },
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_forged_second_factor_is_refused(store: AccountClient, attack: str) -> None:
    """Whatever of it is not as asked; the honest one is still welcome, with a new login."""
    laptop = await store.set_up_passkey()
    forger = laptop.copy()
    refused = await second_factor(store, lambda options: ATTACKS[attack](forger, options))
    assert code(refused) == (403, "passkey_refused")
    laptop.sign_count = 10
    assert (await second_factor(store, laptop.get))[0] == 200


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_forged_login_is_refused(store: AccountClient, attack: str) -> None:
    """The same without a password. Of another challenge nothing more is told than that it is over."""
    laptop = await store.set_up_passkey()
    forger = laptop.copy()
    refused = await passwordless(store, lambda options: ATTACKS[attack](forger, options))
    assert code(refused) in {(403, "passkey_refused"), (403, "challenge_over")}
    laptop.sign_count = 10
    assert (await passwordless(store, laptop.get))[0] == 200


async def test_a_login_needs_the_user_handle(store: AccountClient) -> None:
    """It is how a passkey says whose it is; after a password it may be silent."""
    laptop = await store.set_up_passkey()

    def silent(options: Options) -> CredentialJson:
        credential = laptop.get(options)
        return credential | {"response": credential["response"] | {"userHandle": None}}

    assert code(await passwordless(store, silent)) == (403, "passkey_refused")
    assert (await second_factor(store, silent))[0] == 200


async def test_an_answer_is_not_replayed(ann: AccountClient) -> None:
    """Of one signature sent many times at once, one logs in: also when the authenticator does not count."""
    laptop = await ann.set_up_passkey(Authenticator(ann.origin, counts=False))
    options = (await ann.done("POST", "/auth/passkey/options"))["public_key"]
    form = {"credential": laptop.get(options)}
    answers = await asyncio.gather(*(ann.ask("POST", "/auth/passkey/login", form) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 403, 403, 403]
    assert await ann.code("POST", "/auth/passkey/login", form) == (403, "challenge_over")


async def test_an_answer_comes_in_time(ann: AccountClient) -> None:
    """Five minutes after the options it is too late."""
    laptop = await ann.set_up_passkey()
    options = (await ann.done("POST", "/auth/passkey/options"))["public_key"]
    ann.clock.forward(TTL)
    form = {"credential": laptop.get(options)}
    assert await ann.code("POST", "/auth/passkey/login", form) == (403, "challenge_over")


async def test_an_answer_to_a_login_is_none_to_another_purpose(ann: AccountClient) -> None:
    """What a passkey signed for the second factor does not log in by itself."""
    laptop = await ann.set_up_passkey()
    form = {"credential": laptop.get((await ann.challenged())["passkey"])}
    assert await ann.code("POST", "/auth/passkey/login", form) == (403, "challenge_over")


async def test_a_cloned_passkey_is_refused_and_noted(ann: AccountClient) -> None:
    """Two that count on from one number: whichever comes second gives it away."""
    laptop = await ann.set_up_passkey()
    clone = laptop.copy()
    assert (await passwordless(ann, laptop.get))[0] == 200
    assert code(await passwordless(ann, clone.get)) == (403, "passkey_refused")
    about = {"purpose": "passkey_login", "method": "passkey", "reason": "its sign count did not grow"}
    assert ("second_factor_given", "refused", about) in await ann.audited()


async def test_a_forged_count_does_not_hurt_the_owner(store: AccountClient) -> None:
    """The count is taken from what is signed, and only then."""
    laptop = await store.set_up_passkey()
    forger = laptop.copy()
    forger.sign_count = 1_000_000
    await passwordless(store, lambda options: tampered(forger.get(options), "signature"))
    assert (await passwordless(store, laptop.get))[0] == 200


async def test_a_passkey_of_another_account_is_no_second_factor(ann: AccountClient) -> None:
    """However good its signature."""
    await ann.set_up_passkey()
    bob = AccountClient(ann.world, ann.client, ann.kind, email="bob@storeline.example")
    await bob.sign_up()
    other = await bob.set_up_passkey()
    assert code(await second_factor(ann, other.get)) == (403, "passkey_refused")


async def test_on_another_host_a_passkey_is_not_offered(store: AccountClient) -> None:
    """And the account still needs a second factor there: a recovery code."""
    await store.set_up_passkey()
    login = {"email": store.email, "password": "correct horse"}
    _, answer = await store.ask("POST", "/auth/login", login, Host="127.0.0.1")
    assert (answer["second_factor"]["methods"], answer["second_factor"]["passkey"]) == (["recovery_code"], None)


def made_elsewhere(laptop: Authenticator, options: Options) -> CredentialJson:
    """The browser shows another site's page."""
    laptop.origin = "https://store.example"
    return laptop.create(options)


REGISTRATIONS: dict[str, Callable[[Authenticator, Options], CredentialJson]] = {
    "another site": made_elsewhere,
    "another relying party": lambda laptop, options: laptop.create(options | {"rp": {"id": "store.example"}}),
    "within another site's page": lambda laptop, options: laptop.create(options, cross_origin=True),
    "another challenge": lambda laptop, options: laptop.create(options | {"challenge": b64url(bytes(32))}),
    "tampered": lambda laptop, options: tampered(laptop.create(options), "clientDataJSON"),
    "rubbish": lambda laptop, options: {
        **laptop.create(options),
        "response": laptop.create(options)["response"] | {"attestationObject": "AAAA"},
    },
}


@pytest.mark.parametrize("attack", REGISTRATIONS)
async def test_a_forged_registration_is_refused(store: AccountClient, attack: str) -> None:
    """And nothing is kept."""
    await store.prove()
    options = (await store.done("POST", "/me/passkey-options"))["public_key"]
    form = {"credential": REGISTRATIONS[attack](Authenticator(store.origin), options), "name": "Laptop"}
    refused = await store.code("POST", "/me/passkeys", form)
    assert refused in {(403, "passkey_refused"), (403, "challenge_over")}
    assert (await store.done("GET", "/me/second-factors"))["passkeys"] == []


async def test_a_registration_is_of_the_session_that_asked(ann: AccountClient) -> None:
    """Another session, even of the same account, cannot finish it; nor can it be finished twice."""
    other = AccountClient(ann.world, ann.client, ann.kind, token=(await ann.log_in())["access_token"])
    await ann.prove()
    options = (await ann.done("POST", "/me/passkey-options"))["public_key"]
    form: dict[str, Any] = {"credential": Authenticator(ann.origin).create(options), "name": "Laptop"}
    assert await other.code("POST", "/me/passkeys", form) == (403, "challenge_over")
    await ann.done("POST", "/me/passkeys", form)
    again = {"credential": Authenticator(ann.origin).create(options), "name": "Laptop"}
    assert await ann.code("POST", "/me/passkeys", again) == (403, "challenge_over")
