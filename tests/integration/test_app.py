"""The composed application: hosts, principals, errors, headers."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import jwt
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from auth.throttle.throttle import VOICE_START
from server import app, demo
from server.__main__ import main
from server.services import open_services
from server.settings import Settings
from tests.contract import watch
from tests.doubles import Doubles

USER = "user-api.local"
STORE = "store-api.local"
SIGN_UP = {"email": "ann@storeline.example", "password": "correct horse", "name": "Ann"}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """The whole server but for the models, on a port of its own, with the demo in its database."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_services(settings, database_url, Doubles()) as services:
        await demo.seed(services)
        built = app.build(settings, services)
        built.middlewares.append(watch)
        async with TestClient(TestServer(built)) as client:
            yield client


async def ask(client: Client, method: str, path: str, host: str, **more: Any) -> ClientResponse:  # noqa: ANN401 - aiohttp's
    """Send a request to one host name, with an optional `token`."""
    token = more.pop("token", None)
    headers = {"Host": host, **({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
    return await client.request(method, path, headers=headers, **more)


async def sign_in(client: Client, kind: str, host: str, email: str) -> str:
    """Return an access token of a demo account."""
    form = {"email": email, "password": demo.DEMO_PASSWORD}
    answer = await ask(client, "POST", f"/{kind}/auth/login", host, json=form)
    return str((await answer.json())["access_token"])


@pytest.mark.parametrize(
    "host", [USER, STORE, "company-api.local", "user.localhost", "store.localhost", "STORE-API.local", f"{USER}:8080"]
)
async def test_health_on_every_host(client: Client, host: str) -> None:
    """Each name that is ours is alive, whatever its case and port."""
    answer = await ask(client, "GET", "/health", host)
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "127.0.0.1", "user-api.local.", "user-api.local:abc", "user-api.local.evil.example"]
)
@pytest.mark.parametrize("path", ["/health", "/user/me", "/nothing"])
async def test_other_names_are_refused(client: Client, host: str, path: str) -> None:
    """A request that was not meant for us is misdirected, whatever it asks."""
    answer = await ask(client, "GET", path, host)
    assert (answer.status, (await answer.json())["error"]["code"]) == (421, "unknown_host")


@pytest.mark.parametrize(("path", "host"), [("/store/me", USER), ("/user/me", STORE), ("/nothing", USER)])
async def test_each_api_is_on_its_own_host_only(client: Client, path: str, host: str) -> None:
    """The other principal's routes do not exist here."""
    answer = await ask(client, "GET", path, host)
    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


async def test_tokens_are_worth_nothing_to_the_other_principal(client: Client) -> None:
    """A user's token opens nothing of a store, and the other way round."""
    user = await sign_in(client, "user", USER, demo.DEMO_USER_EMAIL)
    store = await sign_in(client, "store", STORE, demo.DEMO_STORE_EMAIL)
    for path, host, own, foreign in (("/user/me", USER, user, store), ("/store/me", STORE, store, user)):
        assert (await ask(client, "GET", path, host, token=own)).status == HTTPStatus.OK
        refused = await ask(client, "GET", path, host, token=foreign)
        assert (refused.status, (await refused.json())["error"]["code"]) == (401, "invalid_access_token")


@pytest.mark.parametrize(
    ("method", "path", "host"),
    [
        (method, f"/{kind}{path}", host)
        for kind, host in (("user", USER), ("store", STORE))
        for method, path in (
            ("GET", "/me"),
            ("POST", "/voice/start"),
            ("GET", "/voice/ws"),
            ("GET", "/conversations"),
            ("GET", "/conversations/00000000-0000-0000-0000-000000000000"),
        )
    ],
)
async def test_nothing_of_a_principal_opens_without_a_token(client: Client, method: str, path: str, host: str) -> None:
    """Denied by default."""
    answer = await ask(client, method, path, host)
    assert (answer.status, (await answer.json())["error"]["code"]) == (401, "access_token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_each_api_shows_its_own_keys(client: Client) -> None:
    """Whoever checks tokens elsewhere finds the key that a token names, public parts only; the two share none."""
    shown = []
    for kind, host, email in (("user", USER, demo.DEMO_USER_EMAIL), ("store", STORE, demo.DEMO_STORE_EMAIL)):
        answer = await ask(client, "GET", "/.well-known/jwks.json", host)
        keys = (await answer.json())["keys"]
        assert answer.headers["Cache-Control"] == "public, max-age=10"
        assert [set(key) for key in keys] == [{"kty", "crv", "use", "alg", "kid", "x"}]
        token = await sign_in(client, kind, host, email)
        found = jwt.PyJWKSet.from_dict({"keys": keys})[jwt.get_unverified_header(token)["kid"]]
        assert jwt.decode(token, found, algorithms=["EdDSA"], options={"verify_aud": False})["sub"]
        shown += [key["x"] for key in keys]
    assert len(set(shown)) == 2


def test_keys_are_rotated_by_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both principals', beside the old ones, with no server needed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert [main(["keys", "rotate"]) for _ in range(2)] == [0, 0]
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.pem"))
    assert files == [f"keys/{kind}/{number}.pem" for kind in ("store", "user") for number in ("0001", "0002")]
    assert "user/0002.pem signs in 60 s." in capsys.readouterr().out


async def test_a_call_is_opened_for_the_demo(client: Client) -> None:
    """Both principals get what the official client expects: these two keys and no other."""
    for kind, host, email in (("user", USER, demo.DEMO_USER_EMAIL), ("store", STORE, demo.DEMO_STORE_EMAIL)):
        token = await sign_in(client, kind, host, email)
        body = {"store": demo.STORE_SLUG} if kind == "user" else {}
        answer = await ask(client, "POST", f"/{kind}/voice/start", host, token=token, json=body)
        assert await answer.json() == {"wsUrl": f"ws://{host}/{kind}/voice/ws", "token": ANY}


async def test_an_account_begins_only_so_many_calls_a_minute(client: Client) -> None:
    """At the socket itself as by `start`: what is used up at one is not left at the other."""
    token = await sign_in(client, "user", USER, demo.DEMO_USER_EMAIL)
    assert VOICE_START.account
    for _ in range(VOICE_START.account.burst):
        answer = await ask(client, "GET", f"/user/voice/ws?store={demo.STORE_SLUG}", USER, token=token)
        assert (await answer.json())["error"]["code"] == "upgrade_required"
    wanted = {"store": demo.STORE_SLUG}
    refused = [
        await ask(client, "GET", "/user/voice/ws", USER, token=token, params=wanted),
        await ask(client, "POST", "/user/voice/start", USER, token=token, json=wanted),
    ]
    assert [answer.status for answer in refused] == [429, 429]


async def test_an_unknown_store_is_said_to_be_unknown(client: Client) -> None:
    """Nobody answers for a store that is not there."""
    token = await sign_in(client, "user", USER, demo.DEMO_USER_EMAIL)
    answer = await ask(client, "POST", "/user/voice/start", USER, token=token, json={"store": "nowhere"})
    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "no_assistant")


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("GET", "/user/auth/login", {}, 405, "method_not_allowed"),
        ("POST", "/user/auth/login", {"data": "x"}, 415, "not_json"),
        ("POST", "/user/auth/login", {"json": {}}, 400, "invalid_request"),
        ("POST", "/user/auth/login", {"json": {"email": "a" * 70_000}}, 413, "request_entity_too_large"),
        ("POST", "/user/auth/login", {"json": {**SIGN_UP, "email": "a@storeline.example"}}, 400, "invalid_request"),
    ],
)
async def test_bad_input_has_a_stable_code(
    client: Client, method: str, path: str, more: dict[str, Any], status: int, code: str
) -> None:
    """Whatever is wrong is told as {"error": {"code", "message"}}."""
    answer = await ask(client, method, path, USER, **more)
    assert (answer.status, await answer.json()) == (status, {"error": {"code": code, "message": ANY}})


async def test_what_breaks_inside_stays_inside(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is a plain 500 whose id finds it in the log."""

    async def broken(*_: object) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr("auth.accounts.accounts.Accounts.sign_up", broken)
    answer = await ask(client, "POST", "/user/auth/signup", USER, json=SIGN_UP)
    assert (answer.status, (await answer.json())["error"]["code"]) == (500, "internal_error")
    assert "secret" not in await answer.text()
    assert answer.headers["X-Request-Id"]


async def test_every_answer_carries_the_security_headers(client: Client) -> None:
    """Errors included; and nothing tells which software answers."""
    for host, path in ((USER, "/health"), (STORE, "/nothing"), ("elsewhere.example", "/")):
        headers = (await ask(client, "GET", path, host)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Server" not in headers
