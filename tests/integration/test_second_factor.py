"""Logging in with a second factor, and setting one up: the same for both principals."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import asyncpg
import pyotp
import pytest
from aiohttp import DummyCookieJar
from pytest_aiohttp import AiohttpClient

from auth.factors import proofs, totp
from auth.factors.challenges import MAX_TRIES, TTL
from auth.mail.outgoing import Letter
from tests.account_client import PASSWORD, STEP, AccountClient
from tests.auth_world import World

WRONG = "000000"


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


def answer(challenge: str, code: str, method: str = "totp") -> dict[str, str]:
    """A code as the answer to a challenge."""
    return {"challenge": challenge, "method": method, "code": code}


async def guess(ann: AccountClient, *, times: int) -> None:
    """Try wrong codes, with as many challenges as it takes."""
    for nth in range(times):
        if nth % MAX_TRIES == 0:
            challenge = (await ann.challenged())["challenge"]
        refused = await ann.code("POST", "/auth/login/second-factor", answer(challenge, WRONG))
        assert refused == (403, "second_factor_refused")


async def test_an_app_is_asked_for_from_the_next_login_on(ann: AccountClient) -> None:
    """The password alone gives a challenge and no session; the code then gives what a login gives."""
    without = set(await ann.log_in())
    app, codes = await ann.set_up_totp()
    wanted = await ann.log_in()
    assert set(wanted) == {"second_factor"}
    assert wanted["second_factor"]["methods"] == ["totp", "recovery_code"]
    assert wanted["second_factor"]["passkey"] is None
    assert len(codes) == 10
    form = answer(wanted["second_factor"]["challenge"], app.at(ann.clock.now))
    signed_in = await ann.done("POST", "/auth/login/second-factor", form)
    assert set(signed_in) == without
    ann.token = signed_in["access_token"]
    assert (await ann.done("GET", "/me"))["email"] == ann.email


async def test_a_store_gets_its_cookies_only_with_the_second_factor(store: AccountClient) -> None:
    """Not with the password alone."""
    app, _ = await store.set_up_totp()
    headers = {"Host": "store.localhost:8080"}
    login = {"email": store.email, "password": PASSWORD}
    first = await store.client.post("/store/auth/login", json=login, headers=headers)
    assert not first.cookies
    form = answer((await first.json())["second_factor"]["challenge"], app.at(store.clock.now))
    second = await store.client.post("/store/auth/login/second-factor", json=form, headers=headers)
    assert set(second.cookies) == {"store_session", "store_refresh"}


async def test_a_wrong_password_tells_nothing_of_a_second_factor(ann: AccountClient) -> None:
    """Known with one, known without, unknown: the same answer and the same work."""
    await ann.set_up_totp()
    forms = [{"email": email, "password": "wrong horse"} for email in (ann.email, "nobody@storeline.example")]
    asked = []
    for form in forms:
        before = ann.world.hasher.verified
        asked.append((await ann.ask("POST", "/auth/login", form), ann.world.hasher.verified - before))
    assert asked[0] == asked[1]
    assert asked[0][0][0] == 401


async def test_a_code_counts_once(ann: AccountClient) -> None:
    """Neither for another challenge, nor for many at once; nor does an older one after it."""
    app, _ = await ann.set_up_totp()
    code, older = app.at(ann.clock.now), app.at(ann.clock.now - STEP)
    challenges = [(await ann.challenged())["challenge"] for _ in range(4)]
    tried = [ann.ask("POST", "/auth/login/second-factor", answer(challenge, code)) for challenge in challenges]
    assert sorted(status for status, _ in await asyncio.gather(*tried)) == [200, 403, 403, 403]
    again = (await ann.challenged())["challenge"]
    for used in (code, older):
        refused = await ann.code("POST", "/auth/login/second-factor", answer(again, used))
        assert refused == (403, "second_factor_refused")


@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (-1, 200), (0, 200), (1, 200), (2, 403)])
async def test_clocks_may_differ_by_a_step(store: AccountClient, steps: int, status: int) -> None:
    """And by no more."""
    app, _ = await store.set_up_totp()
    store.clock.forward(STEP)
    code = app.at(store.clock.now + steps * STEP)
    form = answer((await store.challenged())["challenge"], code)
    assert (await store.ask("POST", "/auth/login/second-factor", form))[0] == status


async def test_a_recovery_code_counts_once(ann: AccountClient) -> None:
    """However it is written; and it is missed in the overview."""
    _, codes = await ann.set_up_totp()
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    first, second = await ann.challenged(), await ann.challenged()
    form = answer(first["challenge"], typed, "recovery_code")
    await ann.done("POST", "/auth/login/second-factor", form)
    again = answer(second["challenge"], codes[0], "recovery_code")
    assert await ann.code("POST", "/auth/login/second-factor", again) == (403, "second_factor_refused")
    assert (await ann.done("GET", "/me/second-factors"))["recovery_codes_left"] == 9


async def test_a_challenge_works_once(ann: AccountClient) -> None:
    """Two recovery codes do not make two sessions of one password."""
    _, codes = await ann.set_up_totp()
    challenge = (await ann.challenged())["challenge"]
    tried = [
        ann.ask("POST", "/auth/login/second-factor", answer(challenge, code, "recovery_code")) for code in codes[:3]
    ]
    assert sorted(status for status, _ in await asyncio.gather(*tried)) == [200, 403, 403]


async def test_wrong_codes_burn_a_challenge(ann: AccountClient) -> None:
    """However many come at once, then even the right one is too late; the next login is not."""
    app, _ = await ann.set_up_totp()
    challenge = (await ann.challenged())["challenge"]
    tried = [ann.code("POST", "/auth/login/second-factor", answer(challenge, WRONG)) for _ in range(MAX_TRIES + 3)]
    codes = [code for _, code in await asyncio.gather(*tried)]
    assert sorted(codes) == ["challenge_over"] * 3 + ["second_factor_refused"] * MAX_TRIES
    right = app.at(ann.clock.now)
    assert await ann.code("POST", "/auth/login/second-factor", answer(challenge, right)) == (403, "challenge_over")
    await ann.done("POST", "/auth/login/second-factor", answer((await ann.challenged())["challenge"], right))


async def test_a_challenge_ends(ann: AccountClient) -> None:
    """After five minutes."""
    app, _ = await ann.set_up_totp()
    challenge = (await ann.challenged())["challenge"]
    ann.clock.forward(TTL)
    form = answer(challenge, app.at(ann.clock.now))
    assert await ann.code("POST", "/auth/login/second-factor", form) == (403, "challenge_over")


async def test_a_challenge_ends_with_the_password(ann: AccountClient) -> None:
    """Who knew the old one does not come in after it was changed."""
    app, _ = await ann.set_up_totp()
    challenge = (await ann.challenged())["challenge"]
    await ann.done("POST", "/auth/password", {"current_password": PASSWORD, "new_password": "another horse here"})
    form = answer(challenge, app.at(ann.clock.now))
    assert await ann.code("POST", "/auth/login/second-factor", form) == (403, "challenge_over")


async def test_a_new_password_does_not_do_without_the_second_factor(ann: AccountClient) -> None:
    """The factor outlives the password, so that a mailbox alone does not open the account."""
    await ann.set_up_totp()
    await ann.done("POST", "/auth/password", {"current_password": PASSWORD, "new_password": "another horse here"})
    form = {"email": ann.email, "password": "another horse here"}
    assert set(await ann.done("POST", "/auth/login", form)) == {"second_factor"}


async def test_a_challenge_is_for_one_kind_of_principal(ann: AccountClient) -> None:
    """A user's is worth nothing on the store's host, and the other way round."""
    app, _ = await ann.set_up_totp()
    other = AccountClient(ann.world, ann.client, "store" if ann.kind == "user" else "user")
    form = answer((await ann.challenged())["challenge"], app.at(ann.clock.now))
    assert await other.code("POST", "/auth/login/second-factor", form) == (403, "challenge_over")


async def test_a_challenge_is_for_one_purpose(ann: AccountClient) -> None:
    """One for proving does not log in, one for logging in does not prove, and a made-up one does neither."""
    app, _ = await ann.set_up_totp()
    proving = (await ann.done("POST", "/me/proof", {"password": PASSWORD}))["second_factor"]["challenge"]
    code = app.at(ann.clock.now)
    assert await ann.code("POST", "/auth/login/second-factor", answer(proving, code)) == (403, "challenge_over")
    login = (await ann.challenged())["challenge"]
    assert await ann.code("POST", "/me/proof/second-factor", answer(login, code)) == (403, "challenge_over")
    assert await ann.code("POST", "/auth/login/second-factor", answer("x", code)) == (403, "challenge_over")


async def test_guessing_codes_ends_without_locking_the_owner_out(ann: AccountClient) -> None:
    """With many challenges, too: then codes are not looked at, recovery codes are, and the next day all is well."""
    app, codes = await ann.set_up_totp()
    await guess(ann, times=totp.TRIES)
    right = answer((await ann.challenged())["challenge"], app.at(ann.clock.now))
    assert await ann.code("POST", "/auth/login/second-factor", right) == (429, "too_many_codes")
    await ann.done("POST", "/auth/login/second-factor", answer(right["challenge"], codes[0], "recovery_code"))
    ann.clock.forward(totp.WINDOW)
    form = answer((await ann.challenged())["challenge"], app.at(ann.clock.now))
    await ann.done("POST", "/auth/login/second-factor", form)


async def test_too_many_codes_say_when_to_come_back(store: AccountClient) -> None:
    """Retry-After counts to the end of the window that began with the first wrong code."""
    await store.set_up_totp()
    await guess(store, times=totp.TRIES)
    store.clock.forward(timedelta(hours=1))
    form = answer((await store.challenged())["challenge"], WRONG)
    headers = {"Host": "store.localhost:8080"}
    refused = await store.client.post("/store/auth/login/second-factor", json=form, headers=headers)
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) == (totp.WINDOW - timedelta(hours=1)).total_seconds()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/me/totp"),
        ("DELETE", "/me/totp"),
        ("POST", "/me/recovery-codes"),
        ("POST", "/me/passkey-options"),
        ("DELETE", "/me/passkeys/00000000-0000-0000-0000-000000000000"),
    ],
)
async def test_changes_take_a_fresh_proof(ann: AccountClient, method: str, path: str) -> None:
    """Having logged in is none, one of another session is none, and an old one is none."""
    assert await ann.code(method, path) == (403, "proof_required")
    other = AccountClient(ann.world, ann.client, ann.kind, token=(await ann.log_in())["access_token"])
    await other.prove()
    assert await ann.code(method, path) == (403, "proof_required")
    assert (await other.ask(method, path))[1].get("error", {}).get("code") != "proof_required"
    other.clock.forward(proofs.TTL)
    assert await other.code(method, path) == (403, "proof_required")


async def test_proof_takes_the_password_and_the_second_factor(ann: AccountClient) -> None:
    """Neither alone."""
    assert await ann.code("POST", "/me/proof", {"password": "wrong horse"}) == (403, "wrong_password")
    app, _ = await ann.set_up_totp()
    ann.clock.forward(proofs.TTL)
    wanted = (await ann.done("POST", "/me/proof", {"password": PASSWORD}))["second_factor"]
    assert await ann.code("DELETE", "/me/totp") == (403, "proof_required")
    form = answer(wanted["challenge"], app.at(ann.clock.now))
    await ann.done("POST", "/me/proof/second-factor", form)
    await ann.done("DELETE", "/me/totp")


async def test_guessing_the_password_of_a_session_ends(ann: AccountClient) -> None:
    """A thief of the device gets a few tries, as for changing the password."""
    wrong = {"password": "wrong horse"}
    codes = [(await ann.code("POST", "/me/proof", wrong))[1] for _ in range(6)]
    assert codes == ["wrong_password"] * 5 + ["too_many_attempts"]


async def test_a_proof_is_finished_by_the_session_that_began_it(ann: AccountClient) -> None:
    """The password of one session and the code of another prove nothing."""
    other = AccountClient(ann.world, ann.client, ann.kind, token=(await ann.log_in())["access_token"])
    app, _ = await ann.set_up_totp()
    wanted = (await other.done("POST", "/me/proof", {"password": PASSWORD}))["second_factor"]
    form = answer(wanted["challenge"], app.at(ann.clock.now))
    assert await ann.code("POST", "/me/proof/second-factor", form) == (403, "challenge_over")


async def test_an_app_that_was_not_confirmed_is_not_asked_for(ann: AccountClient) -> None:
    """A wrong code confirms nothing, and neither does a right one that comes too late."""
    await ann.prove()
    assert await ann.code("POST", "/me/totp/confirm", {"code": WRONG}) == (409, "no_totp_enrolment")
    secret = (await ann.done("POST", "/me/totp"))["secret"]
    assert await ann.code("POST", "/me/totp/confirm", {"code": WRONG}) == (403, "second_factor_refused")
    ann.clock.forward(totp.ENROLMENT)
    ann.token = (await ann.log_in())["access_token"]
    late = {"code": pyotp.TOTP(secret).at(ann.clock.now)}
    assert await ann.code("POST", "/me/totp/confirm", late) == (409, "no_totp_enrolment")


async def test_an_app_is_not_replaced_unless_removed(ann: AccountClient) -> None:
    """An active secret stays what it is."""
    await ann.set_up_totp()
    assert await ann.code("POST", "/me/totp") == (409, "totp_active")


async def test_with_the_last_factor_the_recovery_codes_go(ann: AccountClient) -> None:
    """Then the password is enough again, and there is nothing left to remove or to renew."""
    await ann.set_up_totp()
    await ann.done("DELETE", "/me/totp")
    nothing: dict[str, object] = {"totp": None, "passkeys": [], "recovery_codes_left": 0}
    assert await ann.done("GET", "/me/second-factors") == nothing
    assert "access_token" in await ann.log_in()
    assert await ann.code("DELETE", "/me/totp") == (409, "no_second_factor")
    assert await ann.code("POST", "/me/recovery-codes") == (409, "no_second_factor")


async def test_renewed_recovery_codes_replace_the_old(ann: AccountClient) -> None:
    """An old one is worth nothing, a new one is."""
    _, old = await ann.set_up_totp()
    new = (await ann.done("POST", "/me/recovery-codes"))["recovery_codes"]
    challenge = (await ann.challenged())["challenge"]
    form = answer(challenge, old[0], "recovery_code")
    assert await ann.code("POST", "/auth/login/second-factor", form) == (403, "second_factor_refused")
    await ann.done("POST", "/auth/login/second-factor", answer(challenge, new[0], "recovery_code"))


async def test_codes_that_are_renewed_at_once_are_ten(ann: AccountClient) -> None:
    """However the requests cross, those of one answer count, and no others."""
    _, old = await ann.set_up_totp()
    sets = [
        answered["recovery_codes"]
        for answered in await asyncio.gather(*(ann.done("POST", "/me/recovery-codes") for _ in range(5)))
    ]
    rows = await ann.world.pool.fetch("SELECT sha256 FROM recovery_codes")
    kept = {row["sha256"] for row in rows}
    assert kept in [{sha256(code.replace("-", "").encode()).digest() for code in codes} for codes in sets]
    assert old not in sets


async def test_what_takes_the_account_away_takes_the_second_factor_too(ann: AccountClient) -> None:
    """Where there is one, the password alone neither deletes the account nor moves it to another address."""
    app, _ = await ann.set_up_totp()
    ann.clock.forward(proofs.TTL)
    deletion, change = {"password": PASSWORD}, {"password": PASSWORD, "email": "thief@example.com"}
    assert await ann.code("DELETE", "/me", deletion) == (403, "proof_required")
    assert await ann.code("POST", "/auth/email", change) == (403, "proof_required")
    challenge = (await ann.done("POST", "/me/proof", {"password": PASSWORD}))["second_factor"]["challenge"]
    assert await ann.code("DELETE", "/me", deletion) == (403, "proof_required")
    await ann.done("POST", "/me/proof/second-factor", answer(challenge, app.at(ann.clock.now)))
    await ann.done("DELETE", "/me", deletion)


async def test_the_owner_is_told_of_every_change(
    pool: asyncpg.Pool, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """By mail, since whoever changed a factor may be somebody else; no code or secret is in it."""
    sent: list[Letter] = []

    class Box:
        async def deliver(self, letter: Letter) -> None:
            sent.append(letter)

    with World(pool, tmp_path, post=Box()) as world:
        ann = AccountClient(world, await aiohttp_client(world.app(), cookie_jar=DummyCookieJar()), "store")
        await ann.sign_up()
        await ann.set_up_totp()
        await ann.done("POST", "/me/recovery-codes")
        await ann.done("DELETE", "/me/totp")
        await world.mail.settled()
    assert {letter.to for letter in sent} == {ann.email}
    assert [letter.subject for letter in sent[1:]] == [
        "A second factor was added to your Storeline account",
        "Your Storeline recovery codes were replaced",
        "A second factor was removed from your Storeline account",
    ]
    assert "An authenticator app was added" in sent[1].text


async def test_nothing_secret_rests_in_the_database(ann: AccountClient) -> None:
    """Neither the app's secret, nor a recovery code, nor a challenge."""
    await ann.prove()
    enrolled = await ann.done("POST", "/me/totp")
    app = pyotp.TOTP(enrolled["secret"])
    codes = (await ann.done("POST", "/me/totp/confirm", {"code": app.at(ann.clock.now)}))["recovery_codes"]
    challenge = (await ann.challenged())["challenge"]
    kept = b"".join(
        [
            value if isinstance(value, bytes) else str(value).encode()
            for table in ("totp_factors", "recovery_codes", "challenges", "fresh_proofs", "audit_log")
            for row in await ann.world.pool.fetch(f"SELECT * FROM {table}")  # noqa: S608 - the names above
            for value in row.values()
        ]
    )
    for secret in (
        enrolled["secret"],
        app.byte_secret().hex(),
        challenge,
        *codes,
        *(c.replace("-", "") for c in codes),
    ):
        assert secret.encode() not in kept
    assert app.byte_secret() not in kept
    assert len(kept) > 1000


async def test_a_secret_that_cannot_be_read_lets_recovery_codes_in(store: AccountClient) -> None:
    """When the key is lost: codes are refused as wrong, and nothing fails."""
    app, codes = await store.set_up_totp()
    await store.world.pool.execute("UPDATE totp_factors SET sealed_secret = sealed_secret || '\\x00'")
    challenge = (await store.challenged())["challenge"]
    form = answer(challenge, app.at(store.clock.now))
    assert await store.code("POST", "/auth/login/second-factor", form) == (403, "second_factor_refused")
    await store.done("POST", "/auth/login/second-factor", answer(challenge, codes[0], "recovery_code"))


async def test_the_account_is_told_what_happened(ann: AccountClient) -> None:
    """Each step has its note, with the method and, when refused, the reason."""
    await ann.code("POST", "/me/proof", {"password": "wrong horse"})
    app, _ = await ann.set_up_totp()
    challenge = (await ann.challenged())["challenge"]
    await ann.code("POST", "/auth/login/second-factor", answer(challenge, WRONG))
    await ann.done("POST", "/auth/login/second-factor", answer(challenge, app.at(ann.clock.now)))
    await ann.done("POST", "/me/recovery-codes")
    await ann.done("DELETE", "/me/totp")
    given = {"purpose": "login", "method": "totp"}
    told = [note for note in await ann.audited() if note[0] not in {"logged_in", "signed_up"}]
    expected = [
        ("second_factor_removed", "ok", {"method": "totp"}),
        ("recovery_codes_renewed", "ok", {"method": "recovery_code"}),
        ("second_factor_given", "ok", given),
        ("second_factor_given", "refused", given | {"reason": "SecondFactorRefused"}),
        ("second_factor_added", "ok", {"method": "totp"}),
        ("proved_again", "ok", {}),
        ("proved_again", "refused", {}),
    ]
    # The clock stands, so their order does not tell.
    assert sorted(told, key=str) == sorted(expected, key=str)


async def test_an_account_takes_its_factors_along(ann: AccountClient) -> None:
    """Deleting it leaves nothing of them."""
    await ann.set_up_totp()
    await ann.challenged()
    await ann.set_up_passkey(first=False)
    await ann.world.pool.execute(f"DELETE FROM {ann.kind}s")  # noqa: S608 - users or stores
    for table in ("totp_factors", "recovery_codes", "passkeys", "challenges", "fresh_proofs"):
        assert await ann.world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - the names above
