"""Twilio's REST API as far as we use it, in memory: it keeps calls, and refuses what the real one would."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import encode_basic_auth, web
from yarl import URL

from tests.companies import company

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
APP = "AP" + "0" * 32
# It has a host of its own.
STUDIO = "/v2/Flows"
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass
class TwilioApi:
    """The account, and what was asked of it. `failures` are statuses to answer POSTs with first, one each."""

    url: URL = field(default_factory=URL)
    calls: dict[str, dict[str, str | None]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=lambda: {ACCOUNT: TOKEN})
    numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    applications: dict[str, dict[str, str]] = field(default_factory=lambda: {APP: {}})
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    recordings: list[dict[str, str]] = field(default_factory=list)

    def ring(self, sid: str, **known: str) -> None:
        """A call comes in."""
        self.calls[sid] = {**_call(sid, "in-progress"), **known}

    def leave(self, sid: str, recording: str, *, source: str = "RecordVerb") -> None:
        """The caller has left a voicemail."""
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{recording}"
        left = {"sid": recording, "call_sid": sid, "source": source, "status": "completed", "media_url": url}
        self.recordings.insert(0, left)

    def end(self, sid: str, status: str = "completed", *, duration: str = "42", price: str | None = None) -> None:
        """A call ends without us."""
        self.calls[sid] |= {"status": status, "duration": duration, "price": price}

    def asked_for(self, path: str) -> list[dict[str, str]]:
        """The forms that came for a path."""
        return [form for method, asked, form in self.asked if method == "POST" and asked.endswith(path)]

    def looked_for_recordings(self) -> list[str]:
        """How often somebody looked for voicemails."""
        return [asked for _, asked, _ in self.asked if asked == "/Recordings.json"]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        path = request.path.removeprefix(f"/2010-04-01/Accounts/{ACCOUNT}")
        self.asked.append((request.method, path, form))
        if request.headers.get("Authorization") not in {encode_basic_auth(*pair) for pair in self.secrets.items()}:
            return _error(401, 20003)
        if self.failures and request.method == "POST":
            return _error(self.failures.pop(0), 20429)
        if path.startswith(STUDIO):
            return self._studio(request.method, path.removeprefix(STUDIO).strip("/"), form)
        return self._answered(request.method, path, form)

    def _answered(self, asked: str, path: str, form: dict[str, str]) -> web.Response:
        kind, _, sid = path.strip("/").removesuffix(".json").partition("/")
        match asked, kind, sid:
            case "POST", "Calls", "":
                return self._create(form)
            case method, "Calls", _ if sid in self.calls:
                return self._change(sid, form) if method == "POST" else web.json_response(self.calls[sid])
            case "GET", _, "":
                return self._listed(kind)
            case "POST", "IncomingPhoneNumbers", _ if sid in self.numbers:
                self.numbers[sid] |= {name: value for name, value in form.items() if name != "sid"}
                return web.json_response(self.numbers[sid])
            case _, "Applications", _ if sid in self.applications:
                self.applications[sid] |= form
                known = self.applications[sid]
                asks = {"voice_url": known.get("VoiceUrl"), "voice_fallback_url": known.get("VoiceFallbackUrl")}
                return web.json_response({"sid": sid, **asks})
        return _error(404, 20404)

    def _listed(self, kind: str) -> web.Response:
        lists = {"IncomingPhoneNumbers": list(self.numbers.values()), "Recordings": self.recordings}
        name = {"IncomingPhoneNumbers": "incoming_phone_numbers", "Recordings": "recordings"}[kind]
        return web.json_response({name: lists[kind], "next_page_uri": None})

    def _studio(self, asked: str, sid: str, form: dict[str, str]) -> web.Response:
        if asked == "GET":
            return web.json_response({"flows": list(self.flows.values()), "meta": {"key": "flows"}})
        if form["Status"] != "published" or (sid and sid not in self.flows):
            return _error(404, 20404)
        made = {"sid": f"FW{len(self.flows)}", "friendly_name": form.get("FriendlyName")} if not sid else {}
        flow = {**self.flows.get(sid, {}), **made, "definition": _leads_on(json.loads(form["Definition"]))}
        flow["webhook_url"] = f"https://webhooks.twilio.com/v1/Accounts/{ACCOUNT}/Flows/{flow['sid']}"
        self.flows[flow["sid"]] = flow
        return web.json_response(flow, status=200 if sid else 201)

    def _create(self, form: dict[str, str]) -> web.Response:
        if not {"To", "From", "Url", "TimeLimit", "StatusCallback"} <= set(form):
            return _error(400, 21201)
        sid = f"CA{uuid4().hex}"
        self.calls[sid] = _call(sid, "queued")
        return web.json_response(self.calls[sid], status=201)

    def _change(self, sid: str, form: dict[str, str]) -> web.Response:
        if self.calls[sid]["status"] in OVER:
            return _error(400, 21220)
        if "Status" in form:
            self.end(sid, form["Status"], duration="0")
        return web.json_response(self.calls[sid])


def _call(sid: str, status: str) -> dict[str, str | None]:
    return {"sid": sid, "status": status, "duration": None, "price": None, "price_unit": "USD"}


def _leads_on(definition: dict[str, Any]) -> dict[str, Any]:
    """What Studio refuses: widgets of a kind that it does not have, and transitions to none."""
    names = {state["name"] for state in definition["states"]}
    following = {step.get("next", "Trigger") for state in definition["states"] for step in state["transitions"]}
    kinds = {state["type"] for state in definition["states"]}
    assert definition["initial_state"] in names
    assert following <= names
    assert kinds <= {"trigger", "say-play", "record-voicemail"}
    return definition


def _error(status: int, code: int) -> web.Response:
    return web.json_response({"code": code, "message": "refused", "status": status}, status=status)


@asynccontextmanager
async def serving(api: TwilioApi) -> AsyncIterator[TwilioApi]:
    """Serve it for the block; the real client finds it at `api.url`."""
    async with company(api.handle) as url:
        api.url = URL(url)
        yield api
