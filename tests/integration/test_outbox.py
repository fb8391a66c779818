"""Where mail goes when no mail server is set."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from server import app
from server.services import open_services
from server.settings import Settings
from tests.doubles import Doubles
from tests.mailbox import mail_server

STORE = {"Host": "store-api.local"}
SIGN_UP = {"email": "ann@example.com", "password": "correct horse", "name": "Ann"}
WITHIN_S = 10

Client = TestClient[web.Request, web.Application]


@asynccontextmanager
async def _served(settings: Settings, database_url: str) -> AsyncIterator[Client]:
    async with (
        open_services(settings, database_url, Doubles()) as services,
        TestClient(TestServer(app.build(settings, services))) as client,
    ):
        yield client


async def test_a_developer_finds_the_mail_on_a_page(database_url: str, tmp_path: Path) -> None:
    """With a link whose token works; the log points there and holds neither."""
    with capture_logs() as logs:
        async with _served(Settings(_env_file=None, data_dir=tmp_path), database_url) as client:
            assert "No mail" in await (await client.get("/outbox", headers=STORE)).text()
            assert (await client.post("/store/auth/signup", json=SIGN_UP, headers=STORE)).status == 201
            async with asyncio.timeout(WITHIN_S):
                while not (found := re.search(r"#token=(\S+)", await _outbox(client))):
                    pass
            body = {"token": found[1]}
            assert (await client.post("/store/auth/email/verify", json=body, headers=STORE)).status == 204
            assert "To: ann@example.com\nSubject: Confirm your e-mail" in await _outbox(client)
    assert {"event": "mail_in_outbox", "see": "http://store.localhost:8080/outbox", "log_level": "info"} in logs
    assert found[1] not in str(logs)
    assert SIGN_UP["email"] not in str(logs)


async def _outbox(client: Client) -> str:
    return await (await client.get("/outbox", headers=STORE)).text()


async def test_in_production_there_is_no_such_page(database_url: str, tmp_path: Path) -> None:
    """The start warns, and what needs mail says that there is none."""
    settings = Settings(_env_file=None, data_dir=tmp_path, environment="production")
    with capture_logs() as logs:
        async with _served(settings, database_url) as client:
            assert (await client.get("/outbox", headers=STORE)).status == 404
            answer = await client.post("/store/auth/password/forgot", json={"email": "a@b.example"}, headers=STORE)
            assert (answer.status, (await answer.json())["error"]["code"]) == (503, "mail_unavailable")
    assert "mail_not_set_up" in {entry["event"] for entry in logs}


async def test_with_a_mail_server_mail_goes_there(database_url: str, tmp_path: Path) -> None:
    """Also in development, where there is no page then; what was promised is sent before the process ends."""
    async with mail_server() as mailbox:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            mail_smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
            mail_from="storeline@example.com",
        )
        async with _served(settings, database_url) as client:
            assert (await client.get("/outbox", headers=STORE)).status == 404
            assert (await client.post("/store/auth/signup", json=SIGN_UP, headers=STORE)).status == 201
        assert mailbox.recipients == ["ann@example.com"]
        assert mailbox.link()[0] == "http://store.localhost:8080/verify-email"
