"""A store's saved views, over HTTP and in PostgreSQL."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from auth.http.asking import PRINCIPAL
from auth.principals import Kind, Principal, SessionId
from pipelines.views import queries
from pipelines.views.api import ViewApi
from pipelines.views.queries import ViewQueries
from server.middleware import answer_errors
from tests.contract import watch
from tests.voice_world import now

WANTED = {"name": "Asked for basil", "filter": {"q": "basil -dried", "from": "2026-03-01"}}


class Views:
    """The views of two stores."""

    def __init__(self, client: TestClient[web.Request, web.Application], stores: list[UUID]) -> None:
        self._client = client
        self._stores = stores

    async def ask(self, method: str, path: str = "", body: object = None, *, store: int = 0) -> tuple[int, Any]:
        """Ask as one of them."""
        headers = {"store": str(self._stores[store])}
        answer = await self._client.request(method, f"/views{path}", json=body, headers=headers)
        told = await answer.json() if answer.status != 204 else None
        return answer.status, told["error"]["code"] if told and "error" in told else told


@pytest.fixture
async def views(pool: asyncpg.Pool) -> AsyncIterator[Views]:
    """Two stores without views."""
    stores = [
        await pool.fetchval(
            "INSERT INTO stores (email, name, slug, password_hash) VALUES ($1 || '@e.af', $1, $1, '-') RETURNING id",
            name,
        )
        for name in ("leaf", "root")
    ]

    @web.middleware
    async def signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[PRINCIPAL] = Principal(Kind.STORE, UUID(request.headers["store"]), SessionId(uuid4()), now())
        return await handler(request)

    api = ViewApi(ViewQueries(pool))
    app = web.Application(middlewares=[answer_errors, signed_in, watch])
    app.add_routes(
        [
            web.get("/views", api.show),
            web.post("/views", api.add),
            web.put("/views/{id}", api.change),
            web.delete("/views/{id}", api.delete),
        ]
    )
    async with TestClient(TestServer(app)) as client:
        yield Views(client, stores)


async def test_a_view_is_kept_changed_and_deleted(views: Views) -> None:
    """As it was saved, under its own name."""
    status, saved = await views.ask("POST", body=WANTED)
    assert status == 201
    assert {name: value for name, value in saved["filter"].items() if value is not None} == WANTED["filter"]
    assert await views.ask("GET") == (200, {"views": [saved]})
    other = {"name": "Calls", "filter": {"channel": "phone"}}
    status, changed = await views.ask("PUT", f"/{saved['id']}", other)
    assert (status, changed["name"], changed["filter"]["q"]) == (200, "Calls", None)
    assert await views.ask("DELETE", f"/{saved['id']}") == (204, None)
    assert await views.ask("GET") == (200, {"views": []})


async def test_names_are_the_stores_own_and_few(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    """One name once for each store, and so many views."""
    assert (await views.ask("POST", body=WANTED))[0] == 201
    assert await views.ask("POST", body=WANTED) == (409, "view_name_taken")
    assert (await views.ask("POST", body=WANTED, store=1))[0] == 201
    monkeypatch.setattr(queries, "MAX_VIEWS", 1)
    assert await views.ask("POST", body={**WANTED, "name": "Another"}) == (409, "too_many_views")


async def test_another_stores_view_is_as_missing_as_none(views: Views) -> None:
    """It is neither shown nor changed nor deleted."""
    _, saved = await views.ask("POST", body=WANTED)
    for path in (f"/{saved['id']}", f"/{uuid4()}", "/nonsense"):
        assert await views.ask("PUT", path, WANTED, store=1) == (404, "view_not_found")
        assert await views.ask("DELETE", path, store=1) == (404, "view_not_found")
    assert await views.ask("GET", store=1) == (200, {"views": []})


async def test_what_is_no_filter_is_not_saved(views: Views) -> None:
    """Only what the list itself takes."""
    for wrong in ({"q": ""}, {"channel": "Phone!"}, {"from": "yesterday"}, {"limit": 3}):
        assert await views.ask("POST", body={"name": "x", "filter": wrong}) == (400, "invalid_request")
