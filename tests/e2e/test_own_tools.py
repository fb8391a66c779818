"""A store's own tool, asked by the model that ships: spoken question in, the endpoint's words out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hibari import Hibari

from pipelines.caller.client import open_http
from server.demo import DEMO_PASSWORD, DEMO_STORE_EMAIL
from tests.companies import company
from tests.e2e.test_line import ask, report, talk
from tests.running import Running
from tests.shop import CHECK_ORDER

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]

Json = dict[str, Any]


class Store:
    """The demo store, signed in."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask, and be answered well."""
        async with self._http.request(method, f"{self._url}{path}", json=body, headers=self._headers) as answer:
            assert answer.ok, await answer.text()
            found: Json = await answer.json()
            return found

    @asynccontextmanager
    async def with_tool(self, url: str) -> AsyncIterator[None]:
        """Let callers have a tool for the block; afterwards the version from before is back."""
        (before,) = (await self.ask("GET", "/store/assistants"))["assistants"]
        path = f"/store/assistants/{before['id']}"
        tool = {
            "name": CHECK_ORDER.name,
            "description": CHECK_ORDER.description,
            "url": url,
            "parameters": CHECK_ORDER.parameters,
            "examples": CHECK_ORDER.examples,
        }
        edited = await self.ask("PATCH", f"{path}/draft", {"revision": before["revision"], "own_tools": [tool]})
        await self.ask("POST", f"{path}/publish", {"revision": edited["revision"]})
        try:
            yield
        finally:
            await self.ask("POST", f"{path}/restore", {"version": before["live_version"]})


async def test_the_model_that_ships_asks_an_endpoint(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """With the number as it was said, and asking for it where it was not."""
    asked: list[Json] = []

    async def orders(request: web.Request) -> web.Response:
        asked.append((await request.json())["data"]["arguments"])
        return web.json_response({"say": "It comes tomorrow."})

    async with open_http() as http, company(orders) as url:
        form = {"email": DEMO_STORE_EMAIL, "password": DEMO_PASSWORD}
        async with http.post(f"{server.store_url}/store/auth/login", json=form) as answer:
            store = Store(http, server.store_url, (await answer.json())["access_token"])
        async with store.with_tool(url):
            # While the first is heard and answered, the model reads what it is told of tools.
            questions = ("What time do you open on Saturday?", "Where is my order?", "Four five one two.")
            files = ask(voice, tmp_path, *questions)
            told = report(await asyncio.to_thread(talk, server.url, *files))
        record = await store.ask("GET", f"/store/conversations/{told['conversation_id']}")
    hours, asks, tells = told["turns"]
    assert "the number of the order" in asks["reply"]
    assert tells["reply"] == "It comes tomorrow."
    assert hours["answered_by"] == "grounded"
    assert asked == [{"order_number": "4512"}]
    assert [(call["name"], call["arguments"], call["outcome"]) for call in record["tool_calls"]] == [
        ("check_order", {"order_number": "4512"}, "ok")
    ]
    logged = server.log.read_text()
    assert "order_number" not in logged
    assert "comes tomorrow" not in logged
