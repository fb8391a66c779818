"""A client with an account, signed in or not, that sets up second factors and logs in with them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
from aiohttp import web
from aiohttp.test_utils import TestClient

from tests.auth_world import ORIGIN, USER_ORIGIN, Clock, World
from tests.authenticator import Authenticator

PASSWORD = "correct horse"
STEP = timedelta(seconds=30)

Client = TestClient[web.Request, web.Application]
Body = dict[str, Any]


@dataclass
class AccountClient:
    """Asks as a page or app of one principal; `kind` is "user" or "store"."""

    world: World
    client: Client
    kind: str
    email: str = "ann@storeline.example"
    token: str = field(default="", repr=False)

    @property
    def clock(self) -> Clock:
        """The clock of both sides."""
        return self.world.clock

    @property
    def origin(self) -> str:
        """Where its pages are from."""
        return ORIGIN if self.kind == "store" else USER_ORIGIN

    async def ask(self, method: str, path: str, body: Body | None = None, **headers: str) -> tuple[int, Body]:
        """Send a request under the principal's host; return status and body ({} when it has none)."""
        headers = {"Host": self.origin.removeprefix("http://")} | headers
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = await self.client.request(method, f"/{self.kind}{path}", json=body or {}, headers=headers)
        return answer.status, (await answer.json() if answer.content_length else {})

    async def done(self, method: str, path: str, body: Body | None = None) -> Body:
        """Send a request that must succeed; return the body."""
        status, answer = await self.ask(method, path, body)
        assert status < 300, (status, answer)
        return answer

    async def code(self, method: str, path: str, body: Body | None = None) -> tuple[int, str]:
        """Send a request that must be refused; return status and code."""
        status, answer = await self.ask(method, path, body)
        return status, answer["error"]["code"]

    async def sign_up(self) -> None:
        """Open the account and sign in."""
        form = {"email": self.email, "password": PASSWORD, "name": "Ann"}
        self.token = (await self.done("POST", "/auth/signup", form))["access_token"]

    async def log_in(self) -> Body:
        """Give the right password; return the answer."""
        return await self.done("POST", "/auth/login", {"email": self.email, "password": PASSWORD})

    async def challenged(self) -> Body:
        """Give the right password; return what is asked next."""
        return dict((await self.log_in())["second_factor"])

    async def prove(self) -> None:
        """Prove again who it is, without a second factor."""
        assert "proved_until" in await self.done("POST", "/me/proof", {"password": PASSWORD})

    async def set_up_totp(self) -> tuple[pyotp.TOTP, list[str]]:
        """Set up an authenticator app; return it, ready for a new code, and the recovery codes."""
        await self.prove()
        app = pyotp.TOTP((await self.done("POST", "/me/totp"))["secret"])
        codes = (await self.done("POST", "/me/totp/confirm", {"code": app.at(self.clock.now)}))["recovery_codes"]
        self.clock.now += 2 * STEP
        return app, codes

    async def set_up_passkey(self, authenticator: Authenticator | None = None, *, first: bool = True) -> Authenticator:
        """Register a passkey; one that is not the first under the proof that the first took."""
        authenticator = authenticator or Authenticator(self.origin)
        if first:
            await self.prove()
        options = (await self.done("POST", "/me/passkey-options"))["public_key"]
        form = {"credential": authenticator.create(options), "name": "Laptop"}
        await self.done("POST", "/me/passkeys", form)
        return authenticator

    async def audited(self) -> list[tuple[str, str, Body]]:
        """Event, outcome and facts, newest first."""
        events = (await self.done("GET", "/audit"))["events"]
        return [(event["event"], event["outcome"], event["about"]) for event in events]
