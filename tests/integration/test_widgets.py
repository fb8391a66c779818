"""The website widget: pages of exactly the sites that a store has named get its visitors into a conversation."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from aiortc import RTCPeerConnection

from auth.principals import StoreId
from auth.tokens import opaque
from pipelines.doors.tickets import TTL
from server import app, demo
from server.services import open_services
from server.settings import Settings
from tests.auth_world import Clock
from tests.contract import watch
from tests.doubles import Doubles

HOST = {"Host": "store-api.local"}
SHOP = "https://www.marlow.example"
OTHER = "https://m.marlow.example"


@dataclass
class Site:
    """The server, and a store with an assistant that is signed in."""

    client: TestClient[web.Request, web.Application]
    clock: Clock
    token: str = ""

    async def manage(self, method: str, path: str = "", body: object = None) -> tuple[int, dict[str, Any]]:
        """As the store."""
        headers = {**HOST, "Authorization": f"Bearer {self.token}"}
        answer = await self.client.request(method, f"/store/widgets{path}", json=body, headers=headers)
        return answer.status, await answer.json() if answer.status != 204 else {}

    async def add(self, **more: object) -> dict[str, Any]:
        """A new widget."""
        status, widget = await self.manage("POST", body={"name": "Home page", "origins": [SHOP, OTHER], **more})
        assert status == 201, widget
        return widget

    async def visit(
        self, method: str, key: str, door: str, origin: str | None = SHOP, body: object = None
    ) -> ClientResponse:
        """As a page does."""
        headers = {**HOST, **({"Origin": origin} if origin is not None else {})}
        return await self.client.request(method, f"/widget/{key}/voice/{door}", json=body, headers=headers)

    async def ticket(self, key: str, origin: str = SHOP) -> str:
        """From a page of this site."""
        answer = await self.visit("POST", key, "start", origin)
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["token"])

    async def offered(self, key: str, token: str, origin: str = SHOP) -> tuple[int, str]:
        """What becomes of an offer with this ticket, that no call can begin with."""
        body = {"token": token, "sdp": "nothing", "type": "offer"}
        answer = await self.visit("POST", key, "offer", origin, body)
        return answer.status, (await answer.json())["error"]["code"]


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The whole server but for the models, at a time that stands still."""
    settings, clock = Settings(_env_file=None, data_dir=tmp_path), Clock()
    async with open_services(settings, database_url, Doubles(), now=clock) as services:
        built = app.build(settings, services)
        built.middlewares.append(watch)
        async with TestClient(TestServer(built)) as client:
            form = {"email": "marlow@storeline.example", "password": "four words of ours", "name": "Marlow"}
            answer = await client.post("/store/auth/signup", json=form, headers=HOST)
            site = Site(client, clock, (await answer.json())["access_token"])
            me = await client.get("/store/me", headers={**HOST, "Authorization": f"Bearer {site.token}"})
            store_id = StoreId(UUID((await me.json())["id"]))
            await demo.seed_assistant(store_id, assistants=services.assistants, knowledge=services.knowledge)
            yield site


async def test_a_store_keeps_its_widgets(site: Site) -> None:
    """Its key and script stay when it changes; once it is deleted, no page gets anything."""
    made = await site.add()
    assert (
        made["script"]
        == f'<script src="http://store.localhost:8080/widget.js" data-widget="{made["key"]}" async></script>'
    )
    form = {"name": "Shop", "assistant": None, "origins": [OTHER]}
    status, changed = await site.manage("PUT", f"/{made['id']}", form)
    assert (status, changed) == (200, {**made, **form})
    assert (await site.visit("POST", made["key"], "start", SHOP)).status == 403
    assert (await site.visit("POST", made["key"], "start", OTHER)).status == 200
    assert (await site.manage("GET"))[1] == {"widgets": [changed]}
    assert (await site.manage("DELETE", f"/{made['id']}"))[0] == 204
    assert (await site.manage("PUT", f"/{made['id']}", form))[0] == 404
    assert (await site.visit("POST", made["key"], "start", OTHER)).status == 404


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "https://a.example/",
        "https://a.example:443",
        "http://a.example",
        "https://*.example",
        "HTTPS://A.example",
    ],
)
async def test_origins_are_exact(site: Site, origin: str) -> None:
    """What no browser sends, or could be heard by others on the way, is refused when the widget is made."""
    status, answer = await site.manage("POST", body={"name": "Home page", "origins": [origin]})
    assert (status, answer["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://evil.example",
        f"{SHOP}.evil.example",
        "http://www.marlow.example",
        f"{SHOP}:8443",
        f"{SHOP}/",
    ],
)
async def test_other_sites_get_nothing(site: Site, origin: str | None) -> None:
    """Neither a ticket, nor leave to ask, nor even the refusal to read."""
    key = (await site.add())["key"]
    for method, door in (("POST", "start"), ("OPTIONS", "start"), ("OPTIONS", "offer")):
        answer = await site.visit(method, key, door, origin)
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, "origin_refused")
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("key", ["slw_AAAAAAAAAAAAAAAAAAAAAA", "slw_AAAAAAAAAAAAAAAAAAAAA%00", "x" * 4_000])
async def test_nobody_has_another_key(site: Site, key: str) -> None:
    """Whatever stands in its place, be it what no text in the database can be."""
    for method, door in (("POST", "start"), ("OPTIONS", "offer")):
        answer = await site.visit(method, key, door)
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "widget_not_found")


async def test_its_own_site_may_ask_and_read(site: Site) -> None:
    """Exactly it, without credentials; also what is refused."""
    key = (await site.add())["key"]
    preflight = await site.visit("OPTIONS", key, "offer")
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type"
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    started = await site.visit("POST", key, "start")
    refused = await site.visit("POST", key, "offer", body={"token": "x", "sdp": "x", "type": "offer"})
    assert (started.status, refused.status) == (200, 401)
    for answer in (preflight, started, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_the_portal_may_try_it(site: Site) -> None:
    """A store sees its own button before any page of its own has it."""
    assert (await site.visit("POST", (await site.add())["key"], "start", "http://store.localhost:8080")).status == 200


async def test_a_ticket_is_for_its_own_page_and_once(site: Site) -> None:
    """No other site, widget or door takes it, nor a second call, nor anybody half a minute later."""
    key, other = (await site.add())["key"], (await site.add())["key"]
    ticket = await site.ticket(key)
    refused = (401, "ticket_refused")
    assert await site.offered(key, ticket, OTHER) == refused
    assert await site.offered(other, ticket) == refused
    for path in ("/store/voice/offer", "/user/voice/offer"):
        host = {"Host": f"{path.split('/')[1]}-api.local"}
        answer = await site.client.post(
            path, params={"token": ticket}, json={"sdp": "x", "type": "offer"}, headers=host
        )
        assert (answer.status, (await answer.json())["error"]["code"]) == refused
    assert await site.offered(key, ticket) == (400, "offer_unreadable")
    assert await site.offered(key, ticket) == refused
    ticket = await site.ticket(key)
    site.clock.forward(TTL)
    assert await site.offered(key, ticket) == refused


async def test_nobody_goes_on_with_what_they_have_not_begun(site: Site) -> None:
    """A token of no conversation of theirs opens none, and begins none."""
    key = (await site.add())["key"]
    peer = RTCPeerConnection()
    peer.addTransceiver("audio")
    sdp = (await peer.createOffer()).sdp
    await peer.close()
    ticket = (await (await site.visit("POST", key, "start", body={"resume": True})).json())["token"]
    offer = {"token": ticket, "sdp": sdp, "type": "offer", "resume": opaque.fresh()}
    answer = await site.visit("POST", key, "offer", body=offer)
    assert (answer.status, (await answer.json())["error"]["code"]) == (409, "resume_refused")


async def test_a_page_cannot_be_used_to_flood(site: Site) -> None:
    """One address has twenty starts; after that one more every six seconds."""
    key = (await site.add())["key"]
    statuses = [(await site.visit("POST", key, "start")).status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    site.clock.forward(timedelta(seconds=6))
    assert (await site.visit("POST", key, "start")).status == 200


async def test_an_assistant_can_be_closed_to_visitors(site: Site) -> None:
    """The one that is named has to be there, and open to people without an account."""
    assert (await site.visit("POST", (await site.add(assistant="nobody"))["key"], "start")).status == 404
    headers = {**HOST, "Authorization": f"Bearer {site.token}"}
    listed = await (await site.client.get("/store/assistants", headers=headers)).json()
    (ivy,) = listed["assistants"]
    at = f"/store/assistants/{ivy['id']}"
    draft = {"revision": ivy["revision"], "open_to_callers": False}
    edited = await (await site.client.patch(f"{at}/draft", json=draft, headers=headers)).json()
    key = (await site.add())["key"]
    assert (await site.visit("POST", key, "start")).status == 200
    published = await site.client.post(f"{at}/publish", json={"revision": edited["revision"]}, headers=headers)
    assert published.status == 200
    answer = await site.visit("POST", key, "start")
    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "no_assistant")


async def test_the_script_is_for_every_site(site: Site) -> None:
    """Pages of other sites may load it, and it does nothing that their policies would have to allow."""
    answer = await site.client.get("/widget.js", headers=HOST)
    text = await answer.text()
    assert answer.content_type == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for forbidden in ("eval(", "innerHTML", "new Function", "document.cookie", "localStorage", "insertAdjacentHTML"):
        assert forbidden not in text
