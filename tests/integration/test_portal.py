"""The built portal on the host of its API."""

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from server.middleware import answer_errors, security_headers
from server.portal import Portal

Client = TestClient[web.Request, web.Application]

INDEX = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script type="module" src="/assets/a-1.js">'
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


async def serving(folder: Path) -> AsyncIterator[Client]:
    """Serve a portal and an API that only has /store/me."""

    async def me(_request: web.Request) -> web.Response:
        return web.json_response({})

    portal = Portal("store portal", folder=folder, hashed="/assets/", reserved={"store", "user", "health"})
    app = web.Application(middlewares=[answer_errors, portal.middleware])
    app.on_response_prepare.append(security_headers(always_secure=False))
    app.router.add_get("/store/me", me)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.fixture
async def unbuilt(tmp_path: Path) -> AsyncIterator[Client]:
    """A portal that nobody has built."""
    async for client in serving(tmp_path / "dist"):
        yield client


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A portal with one page, one hashed script that is compressed, too, one file beside them, and one outside."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(INDEX)
    (dist / "assets" / "a-1.js").write_text("1")
    (dist / "assets" / "a-1.js.gz").write_bytes(b"less")
    (dist / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not to be served")
    async for client in serving(dist):
        yield client


async def code(answer: ClientResponse) -> tuple[int, str]:
    """Return the status and code of a refusal."""
    return answer.status, (await answer.json())["error"]["code"]


async def test_every_screen_is_the_one_page_under_a_policy_of_its_own(client: Client) -> None:
    """No script or style runs but our files, and styles with a nonce that is good for one page."""
    nonces = set()
    for path in ("/", "/conversations/6f1c2a4e?turn=2", "/health-tips"):
        answer = await client.get(path, headers=BROWSER)
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status, answer.headers["Cache-Control"]) == (HTTPStatus.OK, "no-cache")
        assert "unsafe" not in policy
        assert f"connect-src 'self' ws://{answer.url.authority} wss://{answer.url.authority};" in policy
        nonce = re.findall("'nonce-([^']+)'", policy)[0]
        assert await answer.text() == INDEX.replace("__CSP_NONCE__", nonce)
        nonces.add(nonce)
    assert len(nonces) == 3


async def test_files_are_kept_for_as_long_as_they_cannot_change(client: Client) -> None:
    """A hashed file for ever, others until asked again; fewer bytes for whoever can read them."""
    script = await client.get("/assets/a-1.js", headers={"Accept-Encoding": "gzip"}, auto_decompress=False)
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (script.headers["Content-Encoding"], await script.read()) == ("gzip", b"less")
    plain = await client.get("/assets/a-1.js", headers={"Accept-Encoding": "identity"})
    assert (plain.content_type.endswith("/javascript"), await plain.text()) == (True, "1")
    icon = await client.get("/icon.svg")
    assert (icon.headers["Cache-Control"], icon.headers["Content-Type"]) == ("no-cache", "image/svg+xml")
    same = await client.get("/icon.svg", headers={"If-None-Match": icon.headers["ETag"]})
    assert same.status == HTTPStatus.NOT_MODIFIED


async def test_head_is_answered_like_get_without_the_body(client: Client) -> None:
    """RFC 9110, section 9.3.2."""
    for path in ("/", "/conversations", "/assets/a-1.js"):
        head = await client.head(path, headers=BROWSER)
        assert (head.status, await head.read()) == (HTTPStatus.OK, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("/store/nothing", "/user/me", "/health/x", "/assets/gone-2.js", "/index.html", "/a-1.js.gz"),
        *("/..%2fsecret.txt", "/%2f", "/%2f."),
    ],
)
async def test_a_page_never_stands_in_for_something_else(client: Client, path: str) -> None:
    """Paths of an API, files that are gone and paths out of the folder are refused, be it to a browser."""
    assert await code(await client.get(path, headers=BROWSER)) == (404, "not_found")


async def test_programs_are_told_that_there_is_nothing(client: Client) -> None:
    """Who does not ask for a page is not given one; and nothing is sent to one."""
    assert await code(await client.get("/conversations", headers={"Accept": "application/json"})) == (404, "not_found")
    assert await code(await client.post("/conversations", headers=BROWSER)) == (404, "not_found")
    assert await code(await client.post("/store/me", headers=BROWSER)) == (405, "method_not_allowed")


async def test_unbuilt_it_says_how_to_build_it(unbuilt: Client) -> None:
    """The API needs no portal, and no Node.js."""
    answer = await unbuilt.get("/", headers=BROWSER)
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("text/plain", "no-store")
    assert "make portals" in await answer.text()
    assert await code(await unbuilt.get("/conversations", headers=BROWSER)) == (404, "not_found")
