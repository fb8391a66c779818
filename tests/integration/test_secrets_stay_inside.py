"""The whole life of an account, and what of it is written down: no secret, and nothing that somebody typed."""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pyotp
import pytest
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from server import app
from server.services import open_services
from server.settings import Settings
from tests.account_client import STEP
from tests.auth_world import Clock
from tests.doubles import Doubles
from tests.mailbox import Mailbox, mail_server

EMAIL = "zelda.quill@private.example"
NEW_EMAIL = "yorick.vane@private.example"
NAME = "Xanthe Umber"
PASSWORD, NEWER, NEWEST, WRONG = "correct horse", "battery staple", "walnut kettle drum", "wrong giraffe"

Json = dict[str, Any]


@dataclass
class Life:
    """A client of one kind, the clock, and everything that nobody else may read."""

    kind: str
    client: TestClient[web.Request, web.Application]
    mailbox: Mailbox
    clock: Clock
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=lambda: [EMAIL, NEW_EMAIL, NAME, PASSWORD, NEWER, NEWEST, WRONG])

    async def ask(self, method: str, path: str, body: Json | None = None, *, status: int) -> Json:
        """Send a request, keep what it answers as a secret, and check its status."""
        headers = {"Host": f"{self.kind}.localhost", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = await self.client.request(
            method, f"/{self.kind}{path}", json=body or {}, headers=headers, cookies=self.cookies
        )
        told: Json = await answer.json() if answer.content_type == "application/json" else {}
        assert answer.status == status, told
        self.cookies |= {name: cookie.value for name, cookie in answer.cookies.items()}
        for name in ("access_token", "refresh_token", "secret"):
            self.secrets += [told[name]] if name in told else []
        self.secrets += told.get("recovery_codes") or []
        self.secrets += [cookie.value for cookie in answer.cookies.values() if "refresh" in cookie.key and cookie.value]
        self.token = told.get("access_token", self.token)
        return told

    async def log_in(self, password: str, email: str = EMAIL) -> Json:
        """Log in as far as the password goes."""
        told = await self.ask("POST", "/auth/login", {"email": email, "password": password}, status=200)
        return dict(told.get("second_factor", {}))

    async def refresh(self, kept: Json, *, status: int) -> Json:
        """Refresh with what was kept of an earlier answer: a user's tokens, or a store's cookies."""
        if self.kind == "user":
            body = {"session_id": kept["session_id"], "refresh_token": kept["refresh_token"]}
            return await self.ask("POST", "/auth/refresh", body, status=status)
        self.cookies = dict(kept)
        await self.ask("POST", "/auth/refresh", status=status)
        return dict(self.cookies)

    def code(self, authenticator: pyotp.TOTP) -> str:
        """A new code."""
        self.clock.forward(2 * STEP)
        self.secrets.append(authenticator.at(self.clock.now))
        return self.secrets[-1]

    async def mailed(self, number: int) -> str:
        """The token of the mailed link of this number."""
        async with asyncio.timeout(10):
            while len(links := self._links()) < number:  # noqa: ASYNC110 - a mailbox has no event for it
                await asyncio.sleep(0.01)
        self.secrets.append(links[-1])
        return links[-1]

    def _links(self) -> list[str]:
        texts = [self.mailbox.text(nth) for nth in range(len(self.mailbox.messages))]
        return [found[1] for text in texts if (found := re.search(r"#token=(\S+)", text))]


@pytest.fixture(params=["user", "store"])
async def life(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, written: io.StringIO
) -> AsyncIterator[Life]:
    """The whole server but for the models, and a mail server."""
    assert not written.getvalue()
    clock = Clock()
    async with mail_server() as mailbox:
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            mail_smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
            mail_from="storeline@example.com",
        )
        async with open_services(settings, database_url, Doubles(), now=clock, generosity=1_000) as services:
            server = TestServer(app.build(settings, services))
            async with TestClient(server, cookie_jar=DummyCookieJar()) as client:
                yield Life(request.param, client, mailbox, clock)


async def live(life: Life) -> None:
    """Sign up, verify, log in with two factors, refresh, have a token stolen, forget, change, and delete."""
    await life.ask("POST", "/auth/signup", {"email": EMAIL, "password": PASSWORD, "name": NAME}, status=201)
    await life.ask("POST", "/auth/email/verify", {"token": await life.mailed(1)}, status=204)
    await life.ask("POST", "/auth/login", {"email": EMAIL, "password": WRONG}, status=401)
    await life.ask("POST", "/auth/login", {"email": NEW_EMAIL, "password": WRONG}, status=401)
    await life.ask("POST", "/auth/login", {"email": EMAIL, "password": WRONG, PASSWORD: PASSWORD}, status=400)
    # Two factors.
    await life.ask("POST", "/me/proof", {"password": PASSWORD}, status=200)
    authenticator = pyotp.TOTP((await life.ask("POST", "/me/totp", status=201))["secret"])
    confirmed = await life.ask("POST", "/me/totp/confirm", {"code": life.code(authenticator)}, status=200)
    answer = {"challenge": (await life.log_in(PASSWORD))["challenge"], "method": "totp"}
    life.secrets.append(answer["challenge"])
    await life.ask("POST", "/auth/login/second-factor", {**answer, "code": "000000"}, status=403)
    await life.ask("POST", "/auth/login/second-factor", {**answer, "code": life.code(authenticator)}, status=200)
    challenge = (await life.log_in(PASSWORD))["challenge"]
    recovered = {"challenge": challenge, "method": "recovery_code", "code": confirmed["recovery_codes"][0]}
    # A stolen refresh token.
    first = await life.ask("POST", "/auth/login/second-factor", recovered, status=200)
    first = first if life.kind == "user" else dict(life.cookies)
    await life.refresh(await life.refresh(first, status=200), status=200)
    await life.refresh(first, status=401)
    # Forgotten, replaced, changed.
    await life.ask("POST", "/auth/password/forgot", {"email": EMAIL}, status=202)
    await life.ask("POST", "/auth/password/reset", {"token": WRONG, "new_password": NEWER}, status=400)
    await life.ask("POST", "/auth/password/reset", {"token": await life.mailed(2), "new_password": NEWER}, status=204)
    answer["challenge"] = (await life.log_in(NEWER))["challenge"]
    await life.ask("POST", "/auth/login/second-factor", {**answer, "code": life.code(authenticator)}, status=200)
    await life.ask("POST", "/auth/password", {"current_password": NEWER, "new_password": NEWEST}, status=204)
    challenge = (await life.ask("POST", "/me/proof", {"password": NEWEST}, status=200))["second_factor"]["challenge"]
    proof = {"challenge": challenge, "method": "totp", "code": life.code(authenticator)}
    await life.ask("POST", "/me/proof/second-factor", proof, status=200)
    await life.ask("POST", "/auth/email", {"email": NEW_EMAIL, "password": NEWEST}, status=202)
    await life.ask("POST", "/auth/email/verify", {"token": await life.mailed(3)}, status=204)
    await life.ask("GET", "/me/export", status=200)
    life.token += "broken"
    await life.ask("GET", f"/me?token={life.token}", status=401)
    life.token = life.token.removesuffix("broken")
    await life.ask("DELETE", "/me", {"password": NEWEST}, status=204)


async def test_nothing_secret_is_written_down(life: Life, written: io.StringIO, database_url: str) -> None:
    """Neither in a log line at any level, nor in the audit log."""
    await live(life)
    connection = await asyncpg.connect(database_url)
    audit = "\n".join(row["line"] for row in await connection.fetch("SELECT t::text AS line FROM audit_log AS t"))
    await connection.close()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {"session_revoked", "request", "mail_sent"} <= {line["event"] for line in lines}
    assert all(event in audit for event in ("refresh_reused", "password_reset", "email_changed", "account_deleted"))
    assert len(life.secrets) > 25
    for secret in life.secrets:
        # A code of six digits may be a part of an id or a time by chance.
        alone = re.compile(rf"(?<![0-9a-f.]){re.escape(secret)}(?![0-9a-f])")
        assert not alone.search(written.getvalue()), secret
        assert not alone.search(audit), secret
