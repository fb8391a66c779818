"""Where one is signed in, and ending that: for users and for stores."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from auth.principals import Kind
from auth.sessions.sessions import IDLE
from tests.auth_world import World

ANN = {"email": "ann@example.com", "password": "correct horse", "name": "Ann"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"

Client = TestClient[Any, Any]


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: World, aiohttp_client: AiohttpClient) -> Client:
    """A client of both APIs that keeps no cookies by itself."""
    return await aiohttp_client(world.app(), cookie_jar=DummyCookieJar())


@pytest.fixture(params=list(Kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each principal in turn."""
    return Kind(request.param)


class Browser:
    """One session, and what it may ask."""

    def __init__(self, client: Client, kind: Kind, token: str, cookies: dict[str, str]) -> None:
        self._client = client
        self._kind = kind
        self._headers = {"Authorization": f"Bearer {token}"}
        self._cookies = cookies

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:  # noqa: ANN401 - aiohttp's
        """Return the status, and the body if there is one: of an error its code."""
        answer = await self._client.request(
            method, f"/{self._kind}{path}", headers=self._headers, cookies=self._cookies, **more
        )
        body = await answer.json() if answer.content_type == "application/json" else None
        return answer.status, body["error"]["code"] if body and "error" in body else body

    async def sessions(self) -> list[dict[str, Any]]:
        """List the account's sessions."""
        _, body = await self.ask("GET", "/sessions")
        return list(body["sessions"])

    async def id(self) -> str:
        """Return its own session's id."""
        return next(str(session["id"]) for session in await self.sessions() if session["current"])

    async def is_signed_in(self) -> bool:
        """Tell whether its access token still opens anything."""
        status, _ = await self.ask("GET", "/me")
        return status == 200


async def _signed_in(
    client: Client, kind: Kind, agent: str, *, email: str = ANN["email"], new: bool = False
) -> Browser:
    form = {**ANN, "email": email} if new else {"email": email, "password": ANN["password"]}
    path = f"/{kind}/auth/{'signup' if new else 'login'}"
    answer = await client.post(path, json=form, headers={"User-Agent": agent})
    cookies = {name: cookie.value for name, cookie in answer.cookies.items()}
    return Browser(client, kind, (await answer.json())["access_token"], cookies)


async def test_one_sees_where_one_is_signed_in(world: World, client: Client, kind: Kind) -> None:
    """The session used last first, with device, address and times, and which of them is asking."""
    phone = await _signed_in(client, kind, "phone", new=True)
    world.clock.forward(timedelta(minutes=1))
    laptop = await _signed_in(client, kind, "laptop")
    listed = await phone.sessions()
    assert [(session["user_agent"], session["current"]) for session in listed] == [("laptop", False), ("phone", True)]
    assert set(listed[0]) == {"id", "user_agent", "address", "created_at", "last_used_at", "current"}
    assert listed[0]["address"] == "127.0.0.1"
    assert listed[0]["created_at"] == listed[0]["last_used_at"] == "2030-01-01T12:01:00Z"
    assert [session["current"] for session in await laptop.sessions()] == [True, False]


async def test_one_ends_a_session_from_another(client: Client, kind: Kind) -> None:
    """It is over at once and for good, and gone from the list."""
    phone = await _signed_in(client, kind, "phone", new=True)
    laptop = await _signed_in(client, kind, "laptop")
    ended = await laptop.id()
    assert await phone.ask("DELETE", f"/sessions/{ended}") == (204, None)
    assert not await laptop.is_signed_in()
    assert [session["user_agent"] for session in await phone.sessions()] == ["phone"]
    assert await phone.ask("DELETE", f"/sessions/{ended}") == (404, "session_not_found")
    events = (await phone.ask("GET", "/audit"))[1]["events"]
    assert [event["about"] for event in events if event["event"] == "session_revoked"] == [{"reason": "ended_by_owner"}]


async def test_foreign_and_unknown_sessions_look_alike(client: Client, kind: Kind) -> None:
    """Nobody ends another's session, nor learns that there is one: also not with the other principal's id."""
    ann = await _signed_in(client, kind, "phone", new=True)
    bob = await _signed_in(client, kind, "phone", email="bob@example.com", new=True)
    twin = await _signed_in(client, Kind.STORE if kind is Kind.USER else Kind.USER, "phone", new=True)
    for session_id in (await ann.id(), await twin.id(), UNKNOWN, "no-id"):
        assert await bob.ask("DELETE", f"/sessions/{session_id}") == (404, "session_not_found")
    assert await ann.is_signed_in()
    assert await twin.is_signed_in()


async def test_one_ends_all_others(client: Client, kind: Kind) -> None:
    """Whoever asks stays signed in, and nobody else's sessions end."""
    bob = await _signed_in(client, kind, "phone", email="bob@example.com", new=True)
    phone = await _signed_in(client, kind, "phone", new=True)
    others = [await _signed_in(client, kind, agent) for agent in ("laptop", "tablet")]
    assert await phone.ask("DELETE", "/sessions") == (204, None)
    assert [await other.is_signed_in() for other in others] == [False, False]
    assert await phone.is_signed_in()
    assert await bob.is_signed_in()


async def test_one_logs_out_everywhere(client: Client, kind: Kind) -> None:
    """This session and every other one."""
    browsers = [await _signed_in(client, kind, "phone", new=True), await _signed_in(client, kind, "laptop")]
    assert await browsers[0].ask("POST", "/auth/logout", json={"everywhere": True}) == (204, None)
    assert [await browser.is_signed_in() for browser in browsers] == [False, False]


async def test_an_old_cookie_logs_out_its_own_session_alone(world: World, client: Client) -> None:
    """Whoever finds one must not be able to end the store's other sessions with it."""
    phone = await _signed_in(client, Kind.STORE, "phone", new=True)
    laptop = await _signed_in(client, Kind.STORE, "laptop")
    assert (await laptop.ask("POST", "/auth/refresh", json={}))[0] == 200
    world.clock.forward(timedelta(seconds=30))
    assert await laptop.ask("POST", "/auth/logout", json={"everywhere": True}) == (204, None)
    assert not await laptop.is_signed_in()
    assert await laptop.ask("POST", "/auth/logout", json={"everywhere": True}) == (204, None)
    assert await phone.is_signed_in()


async def test_an_idle_session_is_over(world: World, client: Client, kind: Kind) -> None:
    """It is listed nowhere, cannot be ended any more, and a token that names it opens nothing."""
    await _signed_in(client, kind, "phone", new=True)
    session_id = await world.pool.fetchval("SELECT id FROM sessions")
    world.clock.forward(IDLE - timedelta(seconds=1))
    assert await world.sessions(kind).is_live(session_id)
    world.clock.forward(timedelta(seconds=1))
    assert not await world.sessions(kind).is_live(session_id)
    laptop = await _signed_in(client, kind, "laptop")
    assert [session["user_agent"] for session in await laptop.sessions()] == ["laptop"]
    assert await laptop.ask("DELETE", f"/sessions/{session_id}") == (404, "session_not_found")
