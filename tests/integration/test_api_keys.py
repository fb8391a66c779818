"""API keys: made once, kept as hashes, good for their scopes and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from auth.api_keys import secrets
from auth.api_keys.queries import MAX_API_KEYS
from auth.api_keys.records import Scope
from auth.http.operations import operation_of
from server import app
from server.routes import Route
from server.services import open_services
from server.settings import Settings
from tests.auth_world import Clock
from tests.contract import watch
from tests.doubles import Doubles

Answered = tuple[int, dict[str, Any]]

SOME_ID = "00000000-0000-4000-8000-000000000000"


@dataclass
class Shop:
    """The server, and a store that is signed in."""

    client: TestClient[web.Request, web.Application]
    clock: Clock
    routes: list[Route]
    token: str = ""

    async def ask(self, method: str, path: str, bearer: str, **more: Any) -> Answered:  # noqa: ANN401 - aiohttp's
        """Ask the store host, and read what it answers."""
        headers = {"Host": "store-api.local", "Authorization": f"Bearer {bearer}"}
        answer = await self.client.request(method, path, headers=headers, **more)
        read = answer.content_type == "application/json" and await answer.read()
        return answer.status, await answer.json() if read else {}

    async def sign_up(self, name: str) -> str:
        """A store of this name; its access token."""
        form = {"email": f"{name}@storeline.example", "password": "four words of ours", "name": name}
        status, answer = await self.ask("POST", "/store/auth/signup", "", json=form)
        assert status == 201
        return str(answer["access_token"])

    async def key(self, *scopes: str, token: str | None = None, **more: object) -> str:
        """A new key with these scopes."""
        form = {"name": "till", "scopes": scopes, **more}
        status, answer = await self.ask("POST", "/store/api-keys", token or self.token, json=form)
        assert status == 201, answer
        return str(answer["key"])

    async def keys(self) -> list[dict[str, Any]]:
        """As the store sees them."""
        status, answer = await self.ask("GET", "/store/api-keys", self.token)
        assert status == 200
        return list(answer["api_keys"])


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """The whole server but for the models, at a time that stands still."""
    settings, clock = Settings(_env_file=None, data_dir=tmp_path), Clock()
    async with open_services(settings, database_url, Doubles(), now=clock) as services:
        built = app.build(settings, services)
        built.middlewares.append(watch)
        async with TestClient(TestServer(built)) as client:
            shop = Shop(client, clock, app.store_api(services, settings).routes)
            shop.token = await shop.sign_up("marlow")
            yield shop


async def test_a_key_is_shown_once_and_kept_as_a_hash(shop: Shop, pool: asyncpg.Pool) -> None:
    """The list tells keys apart without telling them; the database holds nothing that opens anything."""
    key = await shop.key("messages:read", "knowledge:write")
    (shown,) = await shop.keys()
    assert (shown["name"], shown["ends_with"], shown["last_used_at"]) == ("till", key[-4:], None)
    assert shown["scopes"] == ["messages:read", "knowledge:write"]
    assert key not in str(shown)
    row = await pool.fetchrow("SELECT * FROM api_keys")
    assert row
    assert row["sha256"] == secrets.digest(key)
    assert key[:-4] not in str(dict(row))


async def test_every_route_takes_its_scope_or_no_key(shop: Shop) -> None:
    """A key without the route's scope is refused, however many others it has; without one for it, all of them are."""
    everything = await shop.key(*Scope)
    lacking = {scope: await shop.key(*(each for each in Scope if each != scope)) for scope in Scope}
    opened = set()
    for route in shop.routes:
        operation, path = operation_of(route.defined().handler), route.path.replace("{id}", SOME_ID)
        path = path.replace("{number}", "1")
        if "api_key" in operation.proofs:
            assert operation.scope
            scope = Scope(operation.scope)
            opened.add(scope)
            status, answer = await shop.ask(route.method, path, lacking[scope])
            assert (status, answer["error"]["code"]) == (403, "scope_missing"), path
            assert scope in answer["error"]["message"]
            status, _ = await shop.ask(route.method, path, everything)
            # 503: no telephone is set up.
            assert status in {200, 400, 404, 415, 429, 503}, path
        elif "access_token" in operation.proofs and path != "/store/voice/ws":
            status, answer = await shop.ask(route.method, path, everything)
            assert status in {401, 415}, path
    assert opened == set(Scope)


async def test_a_key_sees_its_own_store_only(shop: Shop) -> None:
    """And writes there, as the store itself does."""
    other = await shop.key("knowledge:read", token=await shop.sign_up("other"))
    key = await shop.key("knowledge:read", "knowledge:write")
    entry = {"title": "Ferns", "body": "We have three kinds of fern."}
    assert (await shop.ask("POST", "/store/knowledge/entries", key, json=entry))[0] == 201
    assert len((await shop.ask("GET", "/store/knowledge/entries", key))[1]["entries"]) == 1
    assert (await shop.ask("GET", "/store/knowledge/entries", other))[1]["entries"] == []


async def test_the_last_use_is_noted_by_the_minute(shop: Shop) -> None:
    """Not by each request: a busy program costs no write each time."""
    key, begun = await shop.key("messages:read"), shop.clock.now
    seen = []
    for _ in range(4):
        assert (await shop.ask("GET", "/store/messages", key))[0] == 200
        seen.append((await shop.keys())[0]["last_used_at"])
        shop.clock.forward(timedelta(seconds=25))
    assert seen[0] == begun.isoformat().replace("+00:00", "Z")
    assert seen[0] == seen[1] == seen[2] != seen[3]


async def test_a_revoked_key_opens_nothing(shop: Shop) -> None:
    """At once, and both ends of its life are in the audit log, with what was done with it."""
    key = await shop.key("conversations:read")
    (shown,) = await shop.keys()
    assert (await shop.ask("GET", "/store/exports/conversations/json", key))[0] == 200
    other = await shop.sign_up("other")
    assert (await shop.ask("DELETE", f"/store/api-keys/{shown['id']}", other))[0] == 404
    assert (await shop.ask("DELETE", f"/store/api-keys/{shown['id']}", shop.token))[0] == 204
    assert (await shop.ask("DELETE", f"/store/api-keys/{shown['id']}", shop.token))[0] == 404
    status, answer = await shop.ask("GET", "/store/conversations", key)
    assert (status, answer["error"]["code"]) == (401, "api_key_refused")
    events = (await shop.ask("GET", "/store/audit", shop.token))[1]["events"]
    told = {each["event"]: each for each in events if each["about"].get("api_key_id") == shown["id"]}
    assert set(told) == {"api_key_added", "exported", "api_key_revoked"}
    assert told["api_key_added"]["about"]["scopes"] == "conversations:read"
    assert told["exported"]["session_id"] is None


async def test_a_key_can_end_by_itself(shop: Shop) -> None:
    """On the day that it was made for."""
    key = await shop.key("messages:read", expires_in_days=1)
    shop.clock.forward(timedelta(hours=23, minutes=59))
    assert (await shop.ask("GET", "/store/messages", key))[0] == 200
    shop.clock.forward(timedelta(minutes=1))
    assert (await shop.ask("GET", "/store/messages", key))[1]["error"]["code"] == "api_key_refused"


async def test_guessing_keys_is_slowed(shop: Shop) -> None:
    """Neither a mistyped key nor another's guesses keep anybody from their own account."""
    mistyped = "slk_" + "0" * 38
    codes = [await shop.ask("GET", "/store/messages", mistyped) for _ in range(40)]
    assert {answer["error"]["code"] for _, answer in codes} == {"api_key_mistyped"}
    codes = [await shop.ask("GET", "/store/messages", secrets.fresh()) for _ in range(32)]
    assert [status for status, _ in codes] == [401] * 30 + [429] * 2
    assert (await shop.ask("GET", "/store/messages", shop.token))[0] == 200


async def test_a_store_has_so_many_keys(shop: Shop) -> None:
    """However many it asks for at once."""
    form = {"name": "till", "scopes": ["messages:read"]}
    made = [shop.ask("POST", "/store/api-keys", shop.token, json=form) for _ in range(MAX_API_KEYS + 2)]
    assert sorted(status for status, _ in await asyncio.gather(*made)) == [201] * MAX_API_KEYS + [409] * 2
