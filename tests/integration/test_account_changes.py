"""What happens to accounts after sign-up, over HTTP and with real mail, for both principals."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast
from uuid import UUID

import asyncpg
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from auth.errors import WrongCredentials
from auth.mail.link_queries import Purpose
from auth.mail.links import TTL
from auth.mail.smtp import SmtpPost, SmtpServer
from auth.principals import NO_DEVICE, Kind
from auth.sessions.queries import SessionQueries
from auth.sessions.sessions import Sessions
from auth.tables import ACCOUNTS
from tests.auth_world import CountingHasher, World
from tests.mailbox import Mailbox, mail_server

EMAIL = "ann@example.com"
OTHER = "bob@example.com"
PASSWORD = "correct horse"
NEW = "battery staple"
DEADLINE_S = 10.0

# Somebody waits for a row that another transaction holds.
WAITING = "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

Client = TestClient[Any, Any]
Body = dict[str, object]


@dataclass
class Owner:
    """A client of one kind of principal, signed in."""

    world: World
    client: Client
    mailbox: Mailbox
    kind: Kind
    access_token: str

    async def ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, token: str | None = None
    ) -> ClientResponse:
        """Ask with the access token; the mail that this sends has arrived then."""
        headers = {"Authorization": f"Bearer {token or self.access_token}", "Content-Type": "application/json"}
        answer = await self.client.request(method, f"/{self.kind}{path}", json=body or {}, headers=headers)
        await self.world.mail.settled()
        return answer

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> ClientResponse:
        """Log in."""
        return await self.client.post(f"/{self.kind}/auth/login", json={"email": email, "password": password})

    async def other_session(self) -> str:
        """An access token of another session."""
        return str((await (await self.log_in()).json())["access_token"])

    async def me(self, *, token: str | None = None) -> Body:
        """The profile, or the error."""
        headers = {"Authorization": f"Bearer {token or self.access_token}"}
        return dict(await (await self.client.get(f"/{self.kind}/me", headers=headers)).json())

    async def reset_token(self) -> str:
        """The token of a mailed link."""
        assert (await self.ask("POST", "/auth/password/forgot", {"email": EMAIL})).status == 202
        return self.mailbox.link()[1]

    async def events(self) -> list[str]:
        """What the audit log has of this kind, oldest first."""
        rows = await self.world.pool.fetch("SELECT event FROM audit_log WHERE kind = $1 ORDER BY at, id", self.kind)
        return [row["event"] for row in rows]


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server."""
    async with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
async def world(pool: asyncpg.Pool, tmp_path: Path, mailbox: Mailbox) -> AsyncIterator[World]:
    """Both principals, with mail."""
    server = SmtpServer.parse(f"smtp://127.0.0.1:{mailbox.port}")
    post = SmtpPost(server, sender="Storeline <storeline@example.com>")
    with World(pool, tmp_path, post=post) as world:
        async with world.mail:
            yield world


@pytest.fixture
async def sign_up(world: World, aiohttp_client: AiohttpClient, mailbox: Mailbox) -> Callable[..., Awaitable[Owner]]:
    """Open an account of a kind."""
    app = world.app()

    async def opened(kind: Kind, email: str = EMAIL) -> Owner:
        client = await aiohttp_client(app)
        form = {"email": email, "password": PASSWORD, "name": "Corner Bakery"}
        answer = await client.post(f"/{kind}/auth/signup", json=form)
        assert answer.status == 201
        await world.mail.settled()
        return Owner(world, client, mailbox, kind, (await answer.json())["access_token"])

    return opened


@pytest.fixture(params=list(Kind))
async def owner(request: pytest.FixtureRequest, sign_up: Callable[..., Awaitable[Owner]]) -> Owner:
    """One of each kind."""
    return await sign_up(request.param)


async def _code(answer: ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


# Passwords


async def test_a_changed_password_ends_every_other_session(owner: Owner) -> None:
    """This one goes on; the old password opens nothing any more; the owner is told by mail."""
    other = await owner.other_session()
    answer = await owner.ask("POST", "/auth/password", {"current_password": PASSWORD, "new_password": NEW})
    assert answer.status == 204
    assert (await owner.me())["email"] == EMAIL
    assert "error" in await owner.me(token=other)
    assert (await owner.log_in()).status == 401
    assert (await owner.log_in(password=NEW)).status == 200
    assert owner.mailbox.messages[-1]["Subject"] == "Your Storeline password was changed"
    assert "password_changed" in await owner.events()


async def test_a_login_that_waited_for_longer_than_its_password_lived_opens_nothing(owner: Owner) -> None:
    """The old password was checked, and then changed with every session that there was."""
    loop = asyncio.get_running_loop()
    entered, checked = asyncio.Event(), threading.Event()

    class Waiting(CountingHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's name
            fits = super().verify(hash, password)
            loop.call_soon_threadsafe(entered.set)
            assert checked.wait(DEADLINE_S)
            return fits

    owner.world.passwords.__init__(hasher=Waiting())  # type: ignore[misc]
    waiting = asyncio.create_task(owner.log_in())
    async with asyncio.timeout(DEADLINE_S):
        await entered.wait()
    await owner.world.pool.execute(f"UPDATE {ACCOUNTS[owner.kind]} SET password_hash = 'another'")  # noqa: S608 - ours
    checked.set()
    assert await _code(await waiting) == (401, "wrong_credentials")


async def test_a_session_that_begins_while_the_password_changes_ends_with_the_others(owner: Owner) -> None:
    """Whichever is first in the database."""
    world, kind = owner.world, owner.kind
    account_id = UUID(str((await owner.me())["id"]))
    async with world.pool.acquire() as connection:
        beginning = connection.transaction()
        await beginning.start()
        sessions = Sessions(SessionQueries(cast("asyncpg.Pool", connection), kind), refresh_key=b"", now=world.clock)
        old_hash = await connection.fetchval(f"SELECT password_hash FROM {ACCOUNTS[kind]}")  # noqa: S608 - ours
        grant = await sessions.start(account_id, NO_DEVICE, password_hash=old_hash)
        change = asyncio.create_task(
            owner.ask("POST", "/auth/password", {"current_password": PASSWORD, "new_password": NEW})
        )
        async with asyncio.timeout(DEADLINE_S):
            while not await world.pool.fetchval(WAITING):  # noqa: ASYNC110 - PostgreSQL has no event for it
                await asyncio.sleep(0.01)
        await beginning.commit()
    assert (await change).status == 204
    assert not await world.sessions(kind).is_live(grant.session_id)
    with pytest.raises(WrongCredentials):
        await world.sessions(kind).start(account_id, NO_DEVICE, password_hash=old_hash)


async def test_only_who_knows_the_password_can_take_the_account_away(owner: Owner) -> None:
    """A stolen session changes neither password nor address, and deletes nothing."""
    for method, path, body in (
        ("POST", "/auth/password", {"current_password": "wrong horse", "new_password": NEW}),
        ("POST", "/auth/email", {"email": OTHER, "password": "wrong horse"}),
        ("DELETE", "/me", {"password": "wrong horse"}),
    ):
        assert await _code(await owner.ask(method, path, body)) == (403, "wrong_password")
    assert len(owner.mailbox.messages) == 1
    assert (await owner.log_in()).status == 200
    assert (await owner.events()).count("password_refused") == 3


async def test_guessing_the_password_from_a_stolen_session_is_slowed(
    world: World, aiohttp_client: AiohttpClient, mailbox: Mailbox
) -> None:
    """After five, whatever is tried."""
    world.generosity = 1
    client = await aiohttp_client(world.app())
    form = {"email": EMAIL, "password": PASSWORD, "name": "Ann"}
    tokens = await (await client.post("/user/auth/signup", json=form)).json()
    owner = Owner(world, client, mailbox, Kind.USER, tokens["access_token"])
    for _ in range(5):
        answer = await owner.ask("DELETE", "/me", {"password": "wrong horse"})
        assert await _code(answer) == (403, "wrong_password")
    answer = await owner.ask("DELETE", "/me", {"password": PASSWORD})
    assert await _code(answer) == (429, "too_many_attempts")
    assert await world.pool.fetchval("SELECT count(*) FROM users") == 1


async def test_a_new_password_is_not_easy_to_guess(owner: Owner) -> None:
    """Neither by change nor by reset; the link stays good for a better one."""
    token = await owner.reset_token()
    for path, body in (
        ("/auth/password", {"current_password": PASSWORD, "new_password": "cornerbakery1"}),
        ("/auth/password/reset", {"token": token, "new_password": "cornerbakery1"}),
    ):
        assert await _code(await owner.ask("POST", path, body)) == (400, "password_too_common")
    answer = await owner.ask("POST", "/auth/password/reset", {"token": token, "new_password": NEW})
    assert answer.status == 204


async def test_a_forgotten_password_is_replaced_by_mail(owner: Owner) -> None:
    """The link leads to this principal's own pages; every session ends, and the address is proved by the way."""
    token = await owner.reset_token()
    assert owner.mailbox.link()[0] == f"https://{owner.kind}.example/reset-password"
    assert owner.mailbox.recipients[-1] == EMAIL
    answer = await owner.ask("POST", "/auth/password/reset", {"token": token, "new_password": NEW})
    assert answer.status == 204
    assert "error" in await owner.me()
    assert (await owner.log_in()).status == 401
    fresh = (await (await owner.log_in(password=NEW)).json())["access_token"]
    assert (await owner.me(token=fresh))["email_verified"] is True
    assert {"password_reset_asked", "password_reset"} <= set(await owner.events())


async def test_forgetting_tells_nothing(owner: Owner) -> None:
    """A known and an unknown address get the same answer after the same work: no hash, and no look at the accounts."""
    answers = []
    owner.world.hasher.hashed = owner.world.hasher.verified = 0
    for email in (EMAIL, "nobody@example.com"):
        answer = await owner.ask("POST", "/auth/password/forgot", {"email": email})
        answers.append((answer.status, await answer.text()))
        assert (owner.world.hasher.hashed, owner.world.hasher.verified) == (0, 0)
    assert answers[0] == answers[1]
    assert answers[0][0] == 202
    assert [message["Subject"] for message in owner.mailbox.messages[1:]] == ["Choose a new password for Storeline"]


async def test_of_many_that_use_one_link_at_once_one_wins(owner: Owner) -> None:
    """And its password counts."""
    token = await owner.reset_token()
    passwords = [f"{NEW} number {n}" for n in range(5)]
    answers = await asyncio.gather(
        *(owner.ask("POST", "/auth/password/reset", {"token": token, "new_password": each}) for each in passwords)
    )
    won = [password for password, answer in zip(passwords, answers, strict=True) if answer.status == 204]
    assert len(won) == 1
    assert {answer.status for answer in answers} == {204, 400}
    assert (await owner.log_in(password=won[0])).status == 200


async def test_two_links_of_one_account_do_not_block_each_other(owner: Owner) -> None:
    """Used at once, one wins and the other dies with it."""
    tokens = [await owner.reset_token() for _ in range(3)]
    answers = await asyncio.gather(
        *(owner.ask("POST", "/auth/password/reset", {"token": each, "new_password": NEW}) for each in tokens)
    )
    assert sorted(answer.status for answer in answers) == [204, 400, 400]
    assert await owner.world.pool.fetchval("SELECT count(*) FROM mail_tokens") == 0


async def test_a_changed_password_spoils_the_links_mailed_before(owner: Owner) -> None:
    """Whoever had the account until now keeps no way back in."""
    reset = await owner.reset_token()
    await owner.ask("POST", "/auth/email", {"email": OTHER, "password": PASSWORD})
    change = owner.mailbox.link()[1]
    await owner.ask("POST", "/auth/password", {"current_password": PASSWORD, "new_password": NEW})
    for path, body in (
        ("/auth/password/reset", {"token": reset, "new_password": PASSWORD}),
        ("/auth/email/verify", {"token": change}),
    ):
        assert await _code(await owner.ask("POST", path, body)) == (400, "link_invalid")
    # The link to confirm the address that the account has, sent at sign-up, harms nobody.
    assert (await owner.ask("POST", "/auth/email/verify", {"token": owner.mailbox.link(0)[1]})).status == 204


# Addresses


async def test_signing_up_asks_to_confirm_the_address(owner: Owner) -> None:
    """By a link that works once."""
    assert (await owner.me())["email_verified"] is False
    page, token = owner.mailbox.link()
    assert page == f"https://{owner.kind}.example/verify-email"
    assert (await owner.ask("POST", "/auth/email/verify", {"token": token})).status == 204
    assert (await owner.me())["email_verified"] is True
    again = await owner.ask("POST", "/auth/email/verify", {"token": token})
    assert await _code(again) == (400, "link_invalid")


async def test_the_confirmation_can_be_sent_again(owner: Owner) -> None:
    """Until the address is confirmed; then no mail is sent."""
    assert (await owner.ask("POST", "/auth/email/resend")).status == 202
    assert len(owner.mailbox.messages) == 2
    assert (await owner.ask("POST", "/auth/email/verify", {"token": owner.mailbox.link()[1]})).status == 204
    assert (await owner.ask("POST", "/auth/email/resend")).status == 202
    assert len(owner.mailbox.messages) == 2


async def test_another_address_counts_once_it_is_proved(owner: Owner) -> None:
    """Until then the old one does; afterwards it is told, and links that were mailed there are dead."""
    reset = await owner.reset_token()
    answer = await owner.ask("POST", "/auth/email", {"email": "Bob@Example.com", "password": PASSWORD})
    assert answer.status == 202
    assert owner.mailbox.recipients[-1] == OTHER
    assert (await owner.me())["email"] == EMAIL
    assert (await owner.ask("POST", "/auth/email/verify", {"token": owner.mailbox.link()[1]})).status == 204
    profile = await owner.me()
    assert (profile["email"], profile["email_verified"]) == (OTHER, True)
    assert owner.mailbox.recipients[-1] == EMAIL
    assert (await owner.log_in()).status == 401
    assert (await owner.log_in(OTHER)).status == 200
    answer = await owner.ask("POST", "/auth/password/reset", {"token": reset, "new_password": NEW})
    assert await _code(answer) == (400, "link_invalid")


async def test_an_address_that_is_taken_is_refused(owner: Owner, sign_up: Callable[..., Awaitable[Owner]]) -> None:
    """Also when it was taken between the mail and the click; nothing changes then."""
    await owner.ask("POST", "/auth/email", {"email": OTHER, "password": PASSWORD})
    token = owner.mailbox.link()[1]
    await sign_up(owner.kind, OTHER)
    answer = await owner.ask("POST", "/auth/email/verify", {"token": token})
    assert await _code(answer) == (409, "email_taken")
    answer = await owner.ask("POST", "/auth/email", {"email": OTHER, "password": PASSWORD})
    assert await _code(answer) == (409, "email_taken")
    assert (await owner.me())["email"] == EMAIL


# Links that prove nothing


async def test_a_link_is_worth_nothing_elsewhere(owner: Owner, sign_up: Callable[..., Awaitable[Owner]]) -> None:
    """Neither for another purpose nor for the other principal, cut short, or as anything else; and it stays good."""
    verify, reset = owner.mailbox.link()[1], await owner.reset_token()
    other = await sign_up(Kind.STORE if owner.kind is Kind.USER else Kind.USER)
    for asked, path, body in (
        (owner, "/auth/password/reset", {"token": verify, "new_password": NEW}),
        (owner, "/auth/email/verify", {"token": reset}),
        (other, "/auth/password/reset", {"token": reset, "new_password": NEW}),
        (other, "/auth/email/verify", {"token": verify}),
        (owner, "/auth/password/reset", {"token": reset[:-1], "new_password": NEW}),
        (owner, "/auth/password/reset", {"token": "x", "new_password": NEW}),
        (owner, "/auth/email/verify", {"token": verify + "é"}),
    ):
        assert await _code(await asked.ask("POST", path, body)) == (400, "link_invalid")
    assert (await owner.ask("POST", "/auth/email/verify", {"token": verify})).status == 204
    answer = await owner.ask("POST", "/auth/password/reset", {"token": reset, "new_password": NEW})
    assert answer.status == 204


async def test_a_link_is_over_after_its_time(owner: Owner) -> None:
    """To the second; and its row goes when the next one comes."""
    token = await owner.reset_token()
    owner.world.clock.forward(TTL[Purpose.RESET_PASSWORD] - timedelta(seconds=1))
    answer = await owner.ask("POST", "/auth/password/reset", {"token": token, "new_password": "password123"})
    assert await _code(answer) == (400, "password_too_common")
    owner.world.clock.forward(timedelta(seconds=1))
    answer = await owner.ask("POST", "/auth/password/reset", {"token": token, "new_password": NEW})
    assert await _code(answer) == (400, "link_invalid")
    owner.world.clock.forward(TTL[Purpose.VERIFY_EMAIL])
    await owner.reset_token()
    assert await owner.world.pool.fetchval("SELECT count(*) FROM mail_tokens") == 1


async def test_only_hashes_of_links_are_stored(owner: Owner) -> None:
    """Whoever reads the database cannot follow them."""
    token = await owner.reset_token()
    rows = await owner.world.pool.fetch("SELECT mail_tokens::text AS row FROM mail_tokens")
    assert rows
    assert not any(token in row["row"] for row in rows)


# Names, and the end


async def test_a_name_can_change(owner: Owner) -> None:
    """A store keeps its slug, which others have in links."""
    before = await owner.me()
    assert (await owner.ask("PATCH", "/me", {"name": "  Corner Café "})).status == 204
    assert await owner.me() == before | {"name": "Corner Café"}


async def test_a_deleted_account_is_gone(owner: Owner) -> None:
    """With sessions, tokens and links; every session was revoked before, and the other rooms were told."""
    reset = await owner.reset_token()
    other = await owner.other_session()
    assert (await owner.ask("DELETE", "/me", {"password": PASSWORD})).status == 204
    for token in (owner.access_token, other):
        assert "error" in await owner.me(token=token)
    assert (await owner.log_in()).status == 401
    answer = await owner.ask("POST", "/auth/password/reset", {"token": reset, "new_password": NEW})
    assert await _code(answer) == (400, "link_invalid")
    for table in ("users", "stores", "sessions", "refresh_tokens", "mail_tokens"):
        assert await owner.world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - the names above
    assert (await owner.events()).count("session_revoked") == 2
    assert len(owner.world.forgotten) == 1
    assert owner.mailbox.messages[-1]["Subject"] == "Your Storeline account was deleted"
    assert "account_deleted" in await owner.events()


async def test_the_browser_forgets_a_deleted_store(sign_up: Callable[..., Awaitable[Owner]]) -> None:
    """Its cookies go with it."""
    owner = await sign_up(Kind.STORE)
    answer = await owner.ask("DELETE", "/me", {"password": PASSWORD})
    assert {name: cookie["max-age"] for name, cookie in answer.cookies.items()} == {
        "store_session": "0",
        "store_refresh": "0",
    }


async def test_a_deleted_address_can_sign_up_again(owner: Owner, sign_up: Callable[..., Awaitable[Owner]]) -> None:
    """As somebody new."""
    await owner.ask("DELETE", "/me", {"password": PASSWORD})
    again = await sign_up(owner.kind)
    assert (await again.me())["email"] == EMAIL


async def test_without_mail_everything_else_works(
    pool: asyncpg.Pool, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """What needs mail says so, once and clearly; signing up and changing the password do not need it."""
    with World(pool, tmp_path) as world:
        client = await aiohttp_client(world.app())
        form = {"email": EMAIL, "password": PASSWORD, "name": "Ann"}
        tokens = await (await client.post("/user/auth/signup", json=form)).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        for path, body in (
            ("/user/auth/password/forgot", {"email": EMAIL}),
            ("/user/auth/email/resend", {}),
            ("/user/auth/email", {"email": OTHER, "password": PASSWORD}),
        ):
            answer = await client.post(path, json=body, headers=headers)
            assert await _code(answer) == (503, "mail_unavailable")
        body = {"current_password": PASSWORD, "new_password": NEW}
        assert (await client.post("/user/auth/password", json=body, headers=headers)).status == 204
