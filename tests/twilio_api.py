"""Twilio's REST API as far as we use it, in memory: it keeps calls, and refuses what the real one would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from aiohttp import encode_basic_auth, web
from yarl import URL

from tests.companies import company

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
APP = "AP" + "0" * 32
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass
class TwilioApi:
    """The account, and what was asked of it. `failures` are statuses to answer first, one each."""

    url: URL = field(default_factory=URL)
    calls: dict[str, dict[str, str | None]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=lambda: {ACCOUNT: TOKEN})
    numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    applications: dict[str, dict[str, str]] = field(default_factory=lambda: {APP: {}})

    def ring(self, sid: str) -> None:
        """A call comes in."""
        self.calls[sid] = {"sid": sid, "status": "in-progress", "duration": None, "price": None, "price_unit": "USD"}

    def end(self, sid: str, status: str = "completed", *, duration: str = "42", price: str | None = None) -> None:
        """A call ends without us."""
        self.calls[sid] |= {"status": status, "duration": duration, "price": price}

    def asked_for(self, path: str) -> list[dict[str, str]]:
        """The forms that came for a path."""
        return [form for method, asked, form in self.asked if method == "POST" and asked.endswith(path)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        path = request.path.removeprefix(f"/2010-04-01/Accounts/{ACCOUNT}")
        self.asked.append((request.method, path, form))
        if request.headers.get("Authorization") not in {encode_basic_auth(*pair) for pair in self.secrets.items()}:
            return _error(401, 20003)
        if self.failures:
            return _error(self.failures.pop(0), 20429)
        return self._answered(request.method, path, form)

    def _answered(self, asked: str, path: str, form: dict[str, str]) -> web.Response:
        kind, _, sid = path.strip("/").removesuffix(".json").partition("/")
        match asked, kind, sid:
            case "POST", "Calls", "":
                return self._create(form)
            case method, "Calls", _ if sid in self.calls:
                return self._change(sid, form) if method == "POST" else web.json_response(self.calls[sid])
            case "GET", "IncomingPhoneNumbers", "":
                return web.json_response({"incoming_phone_numbers": list(self.numbers.values()), "next_page_uri": None})
            case "POST", "IncomingPhoneNumbers", _ if sid in self.numbers:
                self.numbers[sid] |= {name: value for name, value in form.items() if name != "sid"}
                return web.json_response(self.numbers[sid])
            case _, "Applications", _ if sid in self.applications:
                self.applications[sid] |= form
                return web.json_response({"sid": sid, "voice_url": self.applications[sid].get("VoiceUrl")})
        return _error(404, 20404)

    def _create(self, form: dict[str, str]) -> web.Response:
        if not {"To", "From", "Url", "TimeLimit", "StatusCallback"} <= set(form):
            return _error(400, 21201)
        sid = f"CA{uuid4().hex}"
        self.calls[sid] = {"sid": sid, "status": "queued", "duration": None, "price": None, "price_unit": "USD"}
        return web.json_response(self.calls[sid], status=201)

    def _change(self, sid: str, form: dict[str, str]) -> web.Response:
        if self.calls[sid]["status"] in OVER:
            return _error(400, 21220)
        if "Status" in form:
            self.end(sid, form["Status"], duration="0")
        return web.json_response(self.calls[sid])


def _error(status: int, code: int) -> web.Response:
    return web.json_response({"code": code, "message": "refused", "status": status}, status=status)


@asynccontextmanager
async def serving(api: TwilioApi) -> AsyncIterator[TwilioApi]:
    """Serve it for the block; the real client finds it at `api.url`."""
    async with company(api.handle) as url:
        api.url = URL(url)
        yield api
