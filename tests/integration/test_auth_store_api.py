"""The Store API over HTTP: an access token for the page's memory, cookies for the rest."""

from collections.abc import Iterator
from datetime import timedelta
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientResponse, DummyCookieJar
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from auth.sessions.sessions import IDLE, REUSE_GRACE_S
from tests.auth_world import ORIGIN, World

BAKERY = {"email": "bakery@example.com", "password": "correct horse", "name": "Corner Bakery"}
LOGIN = {"email": "bakery@example.com", "password": "correct horse"}
PLAIN = ("store_session", "store_refresh")
SECURE = ("__Host-store_session", "__Host-store_refresh")
COOKIE_ROUTES = ("/store/auth/signup", "/store/auth/login", "/store/auth/refresh", "/store/auth/logout")

Client = TestClient[Any, Any]
Cookies = dict[str, str]


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: World, aiohttp_client: AiohttpClient) -> Client:
    """A client over plain http that keeps no cookies by itself."""
    return await aiohttp_client(world.app(), cookie_jar=DummyCookieJar())


@pytest.fixture
async def secure_client(world: World, aiohttp_client: AiohttpClient) -> Client:
    """The same behind a proxy that ends TLS."""
    return await aiohttp_client(world.app(always_secure=True), cookie_jar=DummyCookieJar())


@pytest.fixture
async def cookies(client: Client) -> Cookies:
    """A signed-up store's cookies."""
    answer = await client.post("/store/auth/signup", json=BAKERY)
    assert answer.status == 201
    return _cookies(answer)


def _cookies(answer: ClientResponse) -> Cookies:
    return {name: cookie.value for name, cookie in answer.cookies.items()}


def _lasts_s(cookie: "Morsel[str]") -> int:
    return int(cookie["max-age"])


async def _code(answer: ClientResponse) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


async def test_signing_up_signs_in(client: Client) -> None:
    """The access token in the body and nothing else there; it works at once."""
    answer = await client.post("/store/auth/signup", json=BAKERY)
    body = await answer.json()
    assert set(body) == {"access_token"}
    me = await client.get("/store/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    shown = await me.json()
    assert (shown["email"], shown["name"], shown["slug"]) == ("bakery@example.com", "Corner Bakery", "corner-bakery")
    assert set(shown) == {"id", "email", "email_verified", "name", "slug", "created_at"}


async def test_plain_http_gets_cookies_that_it_keeps(client: Client) -> None:
    """On store.localhost: hidden from scripts, never sent across sites, without Secure and its prefix."""
    answer = await client.post("/store/auth/signup", json=BAKERY)
    assert tuple(answer.cookies) == PLAIN
    for cookie in answer.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert not cookie["secure"]
        assert not cookie["domain"]
        assert _lasts_s(cookie) == IDLE.total_seconds()


async def test_secure_cookies_belong_to_their_host(secure_client: Client) -> None:
    """What the `__Host-` prefix demands: Secure, Path=/ and no Domain."""
    answer = await secure_client.post("/store/auth/signup", json=BAKERY)
    assert tuple(answer.cookies) == SECURE
    for cookie in answer.cookies.values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


async def test_a_planted_plain_cookie_is_not_read_on_a_secure_host(secure_client: Client) -> None:
    """A neighbouring host or plain http can set such a one, but not one with the prefix."""
    secure = _cookies(await secure_client.post("/store/auth/signup", json=BAKERY))
    planted = dict(zip(PLAIN, secure.values(), strict=True))
    refused = await secure_client.post("/store/auth/refresh", json={}, cookies=planted)
    assert await _code(refused) == (401, "invalid_refresh_token")
    assert (await secure_client.post("/store/auth/refresh", json={}, cookies=secure)).status == 200


async def test_a_refresh_rotates_the_cookie(client: Client, cookies: Cookies) -> None:
    """A new refresh cookie, the same session, and an access token that works."""
    answer = await client.post("/store/auth/refresh", json={}, cookies=cookies)
    assert answer.status == 200
    renewed = _cookies(answer)
    assert renewed["store_session"] == cookies["store_session"]
    assert renewed["store_refresh"] != cookies["store_refresh"]
    token = (await answer.json())["access_token"]
    assert (await client.get("/store/me", headers={"Authorization": f"Bearer {token}"})).status == 200


async def test_two_tabs_refresh_at_once(client: Client, cookies: Cookies) -> None:
    """Both get the same cookie, so that neither tab logs the other out."""
    first, second = [await client.post("/store/auth/refresh", json={}, cookies=cookies) for _ in range(2)]
    assert _cookies(first) == _cookies(second)


async def test_a_reused_refresh_token_revokes_its_family(world: World, client: Client, cookies: Cookies) -> None:
    """For stores as for users."""
    newest = _cookies(await client.post("/store/auth/refresh", json={}, cookies=cookies))
    world.clock.forward(timedelta(seconds=REUSE_GRACE_S + 1))
    reuse = await client.post("/store/auth/refresh", json={}, cookies=cookies)
    assert await _code(reuse) == (401, "refresh_token_reused")
    assert await _code(await client.post("/store/auth/refresh", json={}, cookies=newest)) == (401, "session_ended")


async def test_logging_out_ends_the_session_and_clears_the_cookies(client: Client, cookies: Cookies) -> None:
    """Under the names and attributes with which they were set."""
    answer = await client.post("/store/auth/logout", json={}, cookies=cookies)
    assert answer.status == 204
    assert tuple(answer.cookies) == PLAIN
    assert [(cookie.value, _lasts_s(cookie)) for cookie in answer.cookies.values()] == [("", 0), ("", 0)]
    assert await _code(await client.post("/store/auth/refresh", json={}, cookies=cookies)) == (401, "session_ended")


async def test_secure_cookies_are_cleared_as_secure_ones(secure_client: Client) -> None:
    """A browser would ignore the clearing otherwise."""
    cookies = _cookies(await secure_client.post("/store/auth/signup", json=BAKERY))
    answer = await secure_client.post("/store/auth/logout", json={}, cookies=cookies)
    assert tuple(answer.cookies) == SECURE
    assert all(cookie["secure"] and _lasts_s(cookie) == 0 for cookie in answer.cookies.values())


@pytest.mark.parametrize(
    "sent",
    [{}, {"store_session": "no id", "store_refresh": "x"}, {"store_session": "3f0c1d0e-0000-4000-8000-000000000000"}],
)
async def test_bad_cookies_open_nothing(client: Client, sent: Cookies) -> None:
    """A refresh is refused; logging out clears them all the same."""
    assert await _code(await client.post("/store/auth/refresh", json={}, cookies=sent)) == (
        401,
        "invalid_refresh_token",
    )
    answer = await client.post("/store/auth/logout", json={}, cookies=sent)
    assert answer.status == 204
    assert set(answer.cookies) == set(PLAIN)


async def test_dead_cookies_are_cleared(client: Client, cookies: Cookies) -> None:
    """A browser would send them again and again."""
    await client.post("/store/auth/logout", json={}, cookies=cookies)
    answer = await client.post("/store/auth/refresh", json={}, cookies=cookies)
    assert answer.status == 401
    assert tuple(answer.cookies) == PLAIN
    assert [(cookie.value, _lasts_s(cookie)) for cookie in answer.cookies.values()] == [("", 0), ("", 0)]


async def test_a_users_session_is_worth_nothing_in_cookies(client: Client) -> None:
    """The mechanism is the same, the sessions are apart."""
    user = await (await client.post("/user/auth/signup", json=BAKERY)).json()
    smuggled = {"store_session": user["session_id"], "store_refresh": user["refresh_token"]}
    refused = await client.post("/store/auth/refresh", json={}, cookies=smuggled)
    assert await _code(refused) == (401, "invalid_refresh_token")
    kept = {"session_id": user["session_id"], "refresh_token": user["refresh_token"]}
    assert (await client.post("/user/auth/refresh", json=kept)).status == 200


@pytest.mark.parametrize("route", COOKIE_ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", "http://evil.example")],
        [("Origin", "null")],
        [("Origin", "")],
        [("Origin", ORIGIN + "/")],
        [("Origin", ORIGIN + ".evil.example")],
        [("Origin", ORIGIN.replace("http:", "https:"))],
        [("Origin", ORIGIN.upper())],
        [("Origin", ORIGIN), ("Origin", "http://evil.example")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Origin", ORIGIN), ("Sec-Fetch-Site", "cross-site")],
    ],
)
async def test_pages_of_other_sites_are_refused(
    client: Client, cookies: Cookies, route: str, headers: list[tuple[str, str]]
) -> None:
    """Nothing happens to the session, and no cookie is set: also signing in is for our own pages."""
    refused = await client.post(route, json=LOGIN, cookies=cookies, headers=headers)
    assert await _code(refused) == (403, "cross_site_request")
    assert not refused.cookies
    assert (await client.post("/store/auth/refresh", json={}, cookies=cookies)).status == 200


@pytest.mark.parametrize("route", COOKIE_ROUTES)
async def test_forms_are_refused(client: Client, cookies: Cookies, route: str) -> None:
    """A page of another site can send a form without being asked back, but no JSON."""
    assert await _code(await client.post(route, data={"a": "b"}, cookies=cookies)) == (415, "not_json")
    assert await _code(await client.post(route, cookies=cookies)) == (415, "not_json")
    assert (await client.post("/store/auth/refresh", json={}, cookies=cookies)).status == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_our_own_page_is_welcome(client: Client, cookies: Cookies, site: str) -> None:
    """With the portal's exact origin."""
    headers = {"Origin": ORIGIN, "Sec-Fetch-Site": site}
    assert (await client.post("/store/auth/refresh", json={}, cookies=cookies, headers=headers)).status == 200


async def test_the_cookies_are_no_way_to_the_api(client: Client, cookies: Cookies) -> None:
    """Only the access token is, which no other site's page can have."""
    assert await _code(await client.get("/store/me", cookies=cookies)) == (401, "access_token_missing")
