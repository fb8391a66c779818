"""The User API over HTTP: accounts and sessions."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from auth.accounts.accounts import canonical
from auth.principals import NO_DEVICE, Kind
from auth.sessions.sessions import REUSE_GRACE_S
from auth.tokens.access import TTL
from tests.auth_world import World

ANN = {"email": "ann@example.com", "password": "correct horse", "name": "Ann"}
LOGIN = {"email": "Ann@Example.com", "password": "correct horse"}

Client = TestClient[Any, Any]
Tokens = dict[str, str]


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: World, aiohttp_client: AiohttpClient) -> Client:
    """A client of both APIs."""
    return await aiohttp_client(world.app())


@pytest.fixture
async def tokens(client: Client) -> Tokens:
    """A signed-up user's tokens."""
    answer = await client.post("/user/auth/signup", json=ANN)
    assert answer.status == 201
    return dict(await answer.json())


def _bearer(tokens: Tokens) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def _kept(tokens: Tokens) -> Tokens:
    return {"session_id": tokens["session_id"], "refresh_token": tokens["refresh_token"]}


async def _code(answer: ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


async def test_signing_up_signs_in(client: Client, tokens: Tokens) -> None:
    """The three values of the requirement, and an access token that works at once."""
    assert set(tokens) == {"access_token", "refresh_token", "session_id"}
    answer = await client.get("/user/me", headers=_bearer(tokens))
    assert answer.status == 200
    me = await answer.json()
    assert (me["email"], me["name"]) == ("ann@example.com", "Ann")
    assert set(me) == {"id", "email", "email_verified", "name", "created_at"}


async def test_logging_in_starts_another_session(client: Client, tokens: Tokens) -> None:
    """However the e-mail address is written."""
    answer = await client.post("/user/auth/login", json=LOGIN)
    assert answer.status == 200
    again = await answer.json()
    assert set(again) == set(tokens)
    assert again["session_id"] != tokens["session_id"]


async def test_a_wrong_password_is_refused(client: Client, tokens: Tokens) -> None:
    """In the very words that an unknown e-mail address gets."""
    assert tokens
    wrong = await client.post("/user/auth/login", json=LOGIN | {"password": "wrong horse"})
    unknown = await client.post("/user/auth/login", json=LOGIN | {"email": "nobody@example.com"})
    assert await _code(wrong) == (401, "wrong_credentials")
    assert await wrong.text() == await unknown.text()


async def test_signing_up_twice_is_refused(client: Client, tokens: Tokens) -> None:
    """One address, one account."""
    assert tokens
    assert await _code(await client.post("/user/auth/signup", json=ANN)) == (409, "email_taken")


async def test_a_refresh_gives_new_tokens(client: Client, tokens: Tokens) -> None:
    """Of the same session; a retry gets the same refresh token."""
    first = await (await client.post("/user/auth/refresh", json=_kept(tokens))).json()
    retry = await (await client.post("/user/auth/refresh", json=_kept(tokens))).json()
    assert set(first) == set(tokens)
    assert first["session_id"] == tokens["session_id"]
    assert first["refresh_token"] == retry["refresh_token"] != tokens["refresh_token"]
    assert (await client.get("/user/me", headers=_bearer(first))).status == 200


async def test_a_reused_refresh_token_revokes_its_family(world: World, client: Client, tokens: Tokens) -> None:
    """Its access tokens end with it, before their time."""
    newest = await (await client.post("/user/auth/refresh", json=_kept(tokens))).json()
    world.clock.forward(timedelta(seconds=REUSE_GRACE_S + 1))
    reuse = await client.post("/user/auth/refresh", json=_kept(tokens))
    assert await _code(reuse) == (401, "refresh_token_reused")
    assert await _code(await client.post("/user/auth/refresh", json=_kept(newest))) == (401, "session_ended")
    assert await _code(await client.get("/user/me", headers=_bearer(newest))) == (401, "invalid_access_token")


async def test_an_expired_access_token_says_so(world: World, client: Client, tokens: Tokens) -> None:
    """The client can tell that a refresh will help."""
    world.clock.forward(TTL + timedelta(minutes=1))
    assert await _code(await client.get("/user/me", headers=_bearer(tokens))) == (401, "token_expired")


async def test_logging_out_ends_this_session(client: Client, tokens: Tokens) -> None:
    """And no other; what it handed out is worth nothing any more."""
    other = await (await client.post("/user/auth/login", json=LOGIN)).json()
    assert (await client.post("/user/auth/logout", headers=_bearer(tokens))).status == 204
    assert await _code(await client.get("/user/me", headers=_bearer(tokens))) == (401, "invalid_access_token")
    assert await _code(await client.post("/user/auth/refresh", json=_kept(tokens))) == (401, "session_ended")
    assert (await client.get("/user/me", headers=_bearer(other))).status == 200


async def test_logging_out_everywhere(world: World, client: Client, tokens: Tokens) -> None:
    """Every session of this user ends, and none of anybody else's."""
    other = await (await client.post("/user/auth/login", json=LOGIN)).json()
    bob = await (await client.post("/user/auth/signup", json=ANN | {"email": "bob@example.com"})).json()
    answer = await client.post("/user/auth/logout", headers=_bearer(tokens), json={"everywhere": True})
    assert answer.status == 204
    assert (await client.post("/user/auth/refresh", json=_kept(other))).status == 401
    assert (await client.post("/user/auth/refresh", json=_kept(bob))).status == 200
    assert {str(session_id) for session_id in await world.revoked()} == {tokens["session_id"], other["session_id"]}


async def test_too_many_sign_ins_are_told_to_wait(
    pool: asyncpg.Pool, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """At once, and for how long; nobody hangs in a long queue."""
    with World(pool, tmp_path, max_waiting=0) as busy:
        client = await aiohttp_client(busy.app())
        for route, body in (("/user/auth/signup", ANN), ("/user/auth/login", LOGIN), ("/store/auth/login", LOGIN)):
            answer = await client.post(route, json=body)
            assert await _code(answer) == (503, "too_busy")
            assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "access_token_missing"),
        ("Basic YW5uOmFubg==", "access_token_missing"),
        ("Bearer", "access_token_missing"),
        ("Bearer ", "access_token_missing"),
        ("Bearer x", "invalid_access_token"),
        ("Bearer a.b.c", "invalid_access_token"),
    ],
)
async def test_without_a_token_there_is_no_way_in(client: Client, authorization: str | None, code: str) -> None:
    """Missing and bad are told apart."""
    headers = {"Authorization": authorization} if authorization else {}
    assert await _code(await client.get("/user/me", headers=headers)) == (401, code)
    assert await _code(await client.post("/user/auth/logout", headers=headers)) == (401, code)


async def test_two_tokens_are_one_too_many(client: Client, tokens: Tokens) -> None:
    """What a proxy reads and what we read could differ."""
    twice = [("Authorization", f"Bearer {tokens['access_token']}")] * 2
    assert await _code(await client.get("/user/me", headers=twice)) == (401, "invalid_access_token")


async def test_the_schemes_case_does_not_matter(client: Client, tokens: Tokens) -> None:
    """RFC 9110, section 11.1."""
    answer = await client.get("/user/me", headers={"Authorization": f"bearer {tokens['access_token']}"})
    assert answer.status == 200


async def test_the_other_principals_tokens_are_worth_nothing(client: Client, tokens: Tokens) -> None:
    """A user's on the store's routes, and a store's on the user's."""
    store = await (await client.post("/store/auth/signup", json=ANN)).json()
    assert await _code(await client.get("/store/me", headers=_bearer(tokens))) == (401, "invalid_access_token")
    assert await _code(await client.get("/user/me", headers=_bearer(store))) == (401, "invalid_access_token")


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"email": "secret-looking"}, "email: That is not a valid e-mail address."),
        ({"email": None}, "email: Input should be a valid string"),
        ({"password": "secret"}, "password: It needs 10 to 128 characters."),
        ({"password": "a secret \0"}, "password: It cannot hold NUL characters."),
        ({"password": ["secret"]}, "password: Input should be a valid string"),
        ({"name": " "}, "name: It needs 1 to 80 characters."),
        ({"name": "secret \0"}, "name: It cannot hold control characters."),
        ({"admin": True}, "admin: Extra inputs are not permitted"),
    ],
)
async def test_a_bad_field_is_explained(
    world: World, client: Client, replaced: dict[str, object], message: str
) -> None:
    """The message names the field and never repeats what was in it; nothing is stored."""
    answer = await client.post("/user/auth/signup", json=ANN | replaced)
    assert answer.status == 400
    assert await answer.json() == {"error": {"code": "invalid_request", "message": message}}
    assert await world.pool.fetchval("SELECT count(*) FROM users") == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "The body is not valid JSON."),
        ("{", "The body is not valid JSON."),
        ("[" * 100_000, "The body is not valid JSON."),
        ('{"email": "\\ud800"}', "The body is not valid JSON."),
        ("[]", "The body: Input should be an object"),
        ("{}", "email: Field required"),
    ],
)
async def test_a_bad_body_is_explained(client: Client, body: str, message: str) -> None:
    """Whatever it is, however deep."""
    answer = await client.post("/user/auth/signup", data=body, headers={"Content-Type": "application/json"})
    assert await answer.json() == {"error": {"code": "invalid_request", "message": message}}


async def test_bytes_that_are_no_text_are_refused(client: Client) -> None:
    """Invalid UTF-8 is no JSON."""
    answer = await client.post(
        "/user/auth/login", data=b'{"email": "\xff"}', headers={"Content-Type": "application/json"}
    )
    assert await _code(answer) == (400, "invalid_request")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
async def test_only_json_is_read(client: Client, content_type: str) -> None:
    """Whatever the body holds."""
    answer = await client.post("/user/auth/login", data=b"{}", headers={"Content-Type": content_type})
    assert await _code(answer) == (415, "not_json")


@pytest.mark.parametrize(
    "kept",
    [
        {"session_id": "secret", "refresh_token": "x"},
        {"session_id": "3f0c1d0e-0000-4000-8000-000000000000"},
        {"session_id": "3f0c1d0e-0000-4000-8000-000000000000", "refresh_token": "x" * 65},
        {"session_id": 1, "refresh_token": "x"},
        {"session_id": None, "refresh_token": None},
    ],
)
async def test_a_bad_refresh_is_explained(client: Client, kept: dict[str, object]) -> None:
    """Without repeating any of it."""
    answer = await client.post("/user/auth/refresh", json=kept)
    assert await _code(answer) == (400, "invalid_request")
    assert "secret" not in await answer.text()
    assert "xxx" not in await answer.text()


async def test_the_session_notes_where_it_started(world: World, client: Client) -> None:
    """User agent and address; too long is cut."""
    await client.post("/user/auth/signup", json=ANN, headers={"User-Agent": "Storeline/1.0 " + "x" * 300})
    row = await world.pool.fetchrow("SELECT user_agent, address FROM sessions")
    assert row
    assert row["user_agent"] == "Storeline/1.0 " + "x" * 242
    assert row["address"] == "127.0.0.1"


async def test_headers_may_hold_any_bytes(world: World, client: Client) -> None:
    """What is no UTF-8 is stored as readable text in the one place and refused in the other, never a fault."""
    body = json.dumps(ANN).encode()
    agent = await _raw(
        client, b"POST /user/auth/signup", b"User-Agent: caf\xe9\r\nContent-Type: application/json", body
    )
    assert agent.startswith(b"HTTP/1.1 201 ")
    assert await world.pool.fetchval("SELECT user_agent FROM sessions") == "caf?"
    token = await _raw(client, b"GET /user/me", b"Authorization: Bearer \xff\xfe")
    assert token.startswith(b"HTTP/1.1 401 ")


async def _raw(client: Client, request: bytes, header: bytes, body: bytes = b"") -> bytes:
    """Send what no HTTP library would; return the whole answer."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    head = b"%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n%b\r\n\r\n"
    writer.write(head % (request, len(body), header) + body)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_an_account_that_is_gone_is_signed_out(world: World, client: Client, tokens: Tokens) -> None:
    """Its access token proves somebody who is no more."""
    await world.pool.execute("DELETE FROM users")
    assert await _code(await client.get("/user/me", headers=_bearer(tokens))) == (401, "invalid_access_token")


async def test_a_session_of_the_wrong_kind_opens_nothing(world: World, client: Client, tokens: Tokens) -> None:
    """Not even when a token of the right kind names it."""
    store_id = await world.stores.sign_up(
        email=canonical("store@example.com"), password="correct horse", name="Corner Bakery", device=NO_DEVICE
    )
    grant = await world.sessions(Kind.STORE).start(store_id, NO_DEVICE)
    crafted = world.tokens(Kind.USER).issue(grant.principal_id, grant.session_id)
    assert tokens
    answer = await client.get("/user/me", headers={"Authorization": f"Bearer {crafted}"})
    assert await _code(answer) == (401, "invalid_access_token")
