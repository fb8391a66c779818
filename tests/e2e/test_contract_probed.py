"""Schemathesis reads each host's document and tries to prove it wrong.

Valid data refused, invalid data accepted, undeclared answers, credentials ignored, one's own things shown to another:
https://schemathesis.readthedocs.io/en/stable/reference/checks/
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
from yarl import URL

from auth.principals import StoreId, UserId
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation, ConversationId
from pipelines.tools.message_queries import MessageQueries
from pipelines.tools.messages import Message, MessageId
from server import app, demo, edge
from server.services import Services, open_services
from server.settings import Settings
from tests.contract import watch
from tests.doubles import Doubles

PASSWORD = "four words of ours"
ACCOUNTS = ("ann", "ben")
# Names of the same machine that need no Host header.
HOSTS = {"user": "127.0.0.1", "store": "localhost"}
CONFIG = Path(__file__).parent.parent / "data" / "schemathesis.toml"


@pytest.fixture
async def server(database_url: str, pool: asyncpg.Pool, tmp_path: Path) -> AsyncIterator[URL]:
    """The whole server but for the models, on a port of its own, with two accounts of each kind."""
    settings = Settings(
        _env_file=None, data_dir=tmp_path, user_api_hosts=(HOSTS["user"],), store_api_hosts=(HOSTS["store"],)
    )
    async with open_services(settings, database_url, Doubles(), generosity=10_000) as services:
        built = app.build(settings, services)
        built.middlewares.append(watch)
        listener = socket.create_server(("127.0.0.1", 0))
        url = URL.build(scheme="http", host="127.0.0.1", port=listener.getsockname()[1])
        async with edge.answering(built, listener):
            await _furnish(url, services, pool)
            yield url


async def _furnish(server: URL, services: Services, pool: asyncpg.Pool) -> None:
    """Two accounts of each kind; each store has an assistant, with whom each user has talked."""
    users, stores = [[await _sign_up(server, api, name) for name in ACCOUNTS] for api in ("user", "store")]
    for store in stores:
        await demo.seed_assistant(StoreId(store), assistants=services.assistants, knowledge=services.knowledge)
    for user, store in zip(users, stores, strict=True):
        assistant = await services.assistants.of_store(StoreId(store))
        assert assistant
        talk = Conversation(
            id=ConversationId(uuid4()),
            store_id=assistant.store_id,
            assistant_id=assistant.id,
            user_id=UserId(user),
            channel="websocket",
            started_at=datetime.now(UTC),
        )
        await ConversationQueries(pool).start(talk)
        left = Message(
            id=MessageId(uuid4()),
            store_id=talk.store_id,
            conversation_id=talk.id,
            taken_at=talk.started_at,
            name="Ann",
            number="5550134",
            text="Please call me back.",
            confirmed=True,
        )
        await MessageQueries(pool).keep(left)


async def _sign_up(server: URL, api: str, name: str) -> UUID:
    host = server.with_host(HOSTS[api])
    form = {"email": f"{name}@storeline.example", "password": PASSWORD, "name": demo.STORE_NAME}
    async with aiohttp.ClientSession() as client:
        async with client.post(host / f"{api}/auth/signup", json=form) as answer:
            assert answer.status == HTTPStatus.CREATED, await answer.text()
            bearer = (await answer.json())["access_token"]
        async with client.get(host / f"{api}/me", headers={"Authorization": f"Bearer {bearer}"}) as answer:
            return UUID((await answer.json())["id"])


def _accounts(api: str) -> str:
    """How the accounts sign in, as Web Fuzzing Commons puts it: https://github.com/WebFuzzing/Commons ."""
    return json.dumps(
        {
            "auth": [
                {
                    "name": name,
                    "loginEndpointAuth": {
                        "endpoint": f"/{api}/auth/login",
                        "verb": "POST",
                        "contentType": "application/json",
                        "payloadRaw": json.dumps({"email": f"{name}@storeline.example", "password": PASSWORD}),
                        "token": {
                            "extractFrom": "body",
                            "extractSelector": "/access_token",
                            "sendIn": "header",
                            "sendName": "Authorization",
                            "sendTemplate": "Bearer {token}",
                        },
                    },
                }
                for name in ACCOUNTS
            ]
        }
    )


def _config(api: str) -> str:
    """CONFIG without what is for the other host: a filter that matches nothing is an error."""
    general, *operations = CONFIG.read_text().split("[[operations]]")
    others = [f" # {other}\n" for other in HOSTS if other != api]
    return "[[operations]]".join([general, *(each for each in operations if not each.startswith(tuple(others)))])


@pytest.mark.parametrize("api", list(HOSTS))
async def test_nothing_is_found(server: URL, tmp_path: Path, api: str) -> None:
    """The document of each API holds, whatever it is asked."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(_config(api))
    accounts = tmp_path / "accounts.json"
    accounts.write_text(_accounts(api))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", "--checks", "all", str(server.with_host(HOSTS[api]) / "openapi.json"), "--auth-wfc", str(accounts)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PYTHONPATH": ".", "PATH": "", "SCHEMATHESIS_HOOKS": "tests.contract_hooks"},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
