"""Everything that is kept about somebody, as they can download it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from pipelines.conversations.queries import ConversationQueries
from server import app, demo, exports
from server.exports import StoreExport, UserExport
from server.services import open_services
from server.settings import Settings
from tests.doubles import Doubles

HOSTS = {"user": "user-api.local", "store": "store-api.local"}
EMAILS = {"user": demo.DEMO_USER_EMAIL, "store": demo.DEMO_STORE_EMAIL}

Client = TestClient[web.Request, web.Application]
Json = dict[str, Any]


@pytest.fixture
async def client(database_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """The whole server but for the models, with the demo in its database."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_services(settings, database_url, Doubles(), generosity=100) as services:
        await demo.seed(services)
        async with TestClient(TestServer(app.build(settings, services))) as client:
            yield client


async def _headers(client: Client, kind: str) -> dict[str, str]:
    form = {"email": EMAILS[kind], "password": demo.DEMO_PASSWORD}
    answer = await client.post(f"/{kind}/auth/login", json=form, headers={"Host": HOSTS[kind]})
    return {"Host": HOSTS[kind], "Authorization": f"Bearer {(await answer.json())['access_token']}"}


async def _export(client: Client, kind: str) -> Json:
    answer = await client.get(f"/{kind}/me/export", headers=await _headers(client, kind))
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="storeline.json"'
    return dict(await answer.json())


async def _converse(pool: asyncpg.Pool, *, times: int) -> UUID:
    """The demo's user talks to the demo's store; return the last conversation."""
    for number in range(times):
        conversation_id: UUID = await pool.fetchval(
            """
            INSERT INTO conversations (store_id, assistant_id, user_id, channel, started_at)
            SELECT stores.id, assistants.id, users.id, 'websocket', now() + $1 * interval '1 minute'
            FROM stores JOIN assistants ON store_id = stores.id, users
            RETURNING id
            """,
            number,
        )
        await pool.execute(
            """
            INSERT INTO turns (conversation_id, position, speaker, text, started_at, ended_at, interrupted)
            VALUES ($1, 0, 'caller', 'Do you have ferns?', now(), now(), false)
            """,
            conversation_id,
        )
    return conversation_id


async def test_a_user_gets_everything(client: Client, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page after page, in the form that the document describes, and no secret among it."""
    monkeypatch.setattr(exports, "PAGE", 2)
    newest = await _converse(pool, times=5)
    export = await _export(client, "user")
    UserExport.model_validate_json(json.dumps(export), strict=True)
    assert export["profile"]["email"] == demo.DEMO_USER_EMAIL
    assert [session["current"] for session in export["sessions"]] == [True]
    assert export["second_factors"] == {"totp": None, "passkeys": [], "recovery_codes_left": 0}
    assert [note["event"] for note in export["audit"]] == ["exported", "logged_in", "signed_up"]
    assert len({conversation["id"] for conversation in export["conversations"]}) == 5
    assert export["conversations"][0]["id"] == str(newest)
    assert [turn["text"] for turn in export["conversations"][0]["turns"]] == ["Do you have ferns?"]
    for secret in ("password_hash", "argon2", "refresh"):
        assert secret not in json.dumps(export)


async def test_a_store_gets_its_assistant_as_well(
    client: Client, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that it knows, and what callers said to it."""
    monkeypatch.setattr(exports, "PAGE", 2)
    await _converse(pool, times=1)
    export = await _export(client, "store")
    StoreExport.model_validate_json(json.dumps(export), strict=True)
    (assistant,) = export["assistants"]
    assert (assistant["slug"], assistant["draft"]["name"]) == ("ivy", "Ivy")
    assert assistant["draft"]["hours"]["tuesday"] == [{"opens": "09:00", "closes": "18:00"}]
    assert [version["content"] for version in assistant["versions"]] == [assistant["draft"]]
    assert len(export["knowledge"]) == await pool.fetchval("SELECT count(*) FROM knowledge_entries")
    assert [len(conversation["turns"]) for conversation in export["conversations"]] == [1]


async def test_a_stores_keys_and_endpoints_are_told_without_their_secrets(client: Client) -> None:
    """What opens its account, and what its endpoints check signatures with, is nobody's to carry home."""
    headers = await _headers(client, "store")
    made = {
        "api-keys": {"name": "till", "scopes": ["messages:read"]},
        "webhooks": {"url": "https://shop.example/hook", "events": ["call.ended"]},
        "widgets": {"name": "Home page", "origins": ["https://www.marlow.example"]},
    }
    told = {}
    for path, form in made.items():
        answer = await client.post(f"/store/{path}", json=form, headers=headers)
        assert answer.status == 201
        told[path] = await answer.json()
    export = await _export(client, "store")
    StoreExport.model_validate_json(json.dumps(export), strict=True)
    assert [key["ends_with"] for key in export["api_keys"]] == [told["api-keys"]["key"][-4:]]
    assert [webhook["url"] for webhook in export["webhooks"]] == ["https://shop.example/hook"]
    assert [widget["key"] for widget in export["widgets"]] == [told["widgets"]["key"]]
    for secret in (told["api-keys"]["key"], told["webhooks"]["secret"]):
        assert secret not in json.dumps(export)


async def test_a_store_without_anything_gets_that(client: Client) -> None:
    """Empty lists, and no assistant."""
    form = {"email": "new@example.com", "password": "correct horse", "name": "New"}
    answer = await client.post("/store/auth/signup", json=form, headers={"Host": HOSTS["store"]})
    headers = {"Host": HOSTS["store"], "Authorization": f"Bearer {(await answer.json())['access_token']}"}
    export = await (await client.get("/store/me/export", headers=headers)).json()
    assert (export["assistants"], export["knowledge"], export["conversations"]) == ([], [], [])


async def test_half_an_export_looks_broken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails on the way breaks the connection off; nobody takes a part for everything."""
    headers = await _headers(client, "user")

    async def broken(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(ConversationQueries, "page", broken)
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError)):
        await (await client.get("/user/me/export", headers=headers)).read()
