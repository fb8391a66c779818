"""Daily's REST API as far as we use it, in memory: it keeps rooms and tokens, and refuses what the real one would."""

import asyncio
import base64
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web
from yarl import URL

from tests.companies import company

KEY = "daily-key-0123456789abcdef"
DOMAIN = "https://leaf.daily.co"
NUMBER_ID = "7a1e3f10-0000-4000-8000-000000000001"

Json = dict[str, Any]


class Refused(Exception):
    """400, with Daily's word for it."""


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _later(value: object) -> bool:
    return _whole(value) and int(str(value)) > time.time() - 1


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _short(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 36


def _sip(value: object) -> bool:
    known = {"display_name": str, "video": bool, "sip_mode": str, "num_endpoints": int}
    return (
        isinstance(value, dict)
        and {"display_name", "sip_mode"} <= set(value)
        and all(isinstance(value[name], known.get(name, type(None))) for name in value)
        and value["sip_mode"] == "dial-in"
    )


def _permissions(value: object) -> bool:
    if not isinstance(value, dict) or not set(value) <= {"hasPresence", "canSend", "canAdmin"}:
        return False
    sends = value.get("canSend", True)
    return isinstance(sends, bool) or set(sends) <= {"audio", "video", "screenVideo", "screenAudio"}


ROOM: Mapping[str, Callable[[object], bool]] = {
    "exp": _later,
    "eject_at_room_exp": _flag,
    "enable_chat": _flag,
    "enable_screenshare": _flag,
    "enable_prejoin_ui": _flag,
    "start_video_off": _flag,
    "max_participants": _whole,
    "enable_dialout": _flag,
    "sip": _sip,
}
TOKEN: Mapping[str, Callable[[object], bool]] = {
    "room_name": lambda value: isinstance(value, str),
    "exp": _later,
    "eject_at_token_exp": _flag,
    "eject_after_elapsed": _whole,
    "enable_screenshare": _flag,
    "start_video_off": _flag,
    "user_id": _short,
    "user_name": _short,
    "is_owner": _flag,
    "permissions": _permissions,
}


def _secret(value: object) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) > 0
    except ValueError:
        return False


DIALIN: Mapping[str, Callable[[object], bool]] = {
    "phone_number": lambda value: isinstance(value, str) and re.fullmatch(r"\+\d{5,15}", value) is not None,
    "name_prefix": lambda value: isinstance(value, str),
    "hmac": _secret,
    "room_creation_api": lambda value: isinstance(value, str) and URL(value).absolute,
    "timeout_config": lambda value: isinstance(value, dict) and set(value) == {"message"},
}


def judge(properties: object, known: Mapping[str, Callable[[object], bool]], needed: set[str]) -> Json:
    """Return what was sent, if Daily would take it: every name known, every type right, nothing missing."""
    if not isinstance(properties, dict) or not needed <= set(properties):
        raise Refused
    for name, value in properties.items():
        if name not in known or not known[name](value):
            raise Refused(name)
    return properties


@dataclass
class DailyRest:
    """One domain, and what was asked of it. `failures` are statuses to answer first, one each."""

    url: URL = field(default_factory=URL)
    rooms: dict[str, Json] = field(default_factory=dict)
    tokens: dict[str, Json] = field(default_factory=dict)
    asked: list[tuple[str, str, Json]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    stumbles: dict[str, list[int]] = field(default_factory=dict)
    """The same for one path alone."""
    present: dict[str, dict[str, str]] = field(default_factory=dict)
    """User ids by participant id, by room."""
    presence_lags: bool = False
    """Daily's list is up to 15 s old."""
    held: dict[str, str] = field(default_factory=dict)
    """Calls on hold: their domains by their ids."""
    dialin: dict[str, Json] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=lambda: {"+12025550123": NUMBER_ID})
    deleted: list[str] = field(default_factory=list)
    plan_has_dialout: bool = True
    hangs_up: bool = False
    """Whoever is on hold does, before they are put through."""
    silent: set[str] = field(default_factory=set)
    """Paths that are never answered."""
    put_out: Callable[[str, str], None] = lambda _room, _participant: None
    put_through: Callable[[str, str], None] = lambda _call, _room: None

    def asked_for(self, method: str, path: str) -> list[Json]:
        """The bodies that came for a path."""
        return [body for by, at, body in self.asked if by == method and re.fullmatch(path, at)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        path = request.path.removeprefix("/v1").strip("/")
        body = await request.json() if request.can_read_body else {}
        self.asked.append((request.method, path, body))
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": "authentication-error"}, status=401)
        if path in self.silent:
            while request.transport and not request.transport.is_closing():  # noqa: ASYNC110 - a connection tells nobody of its end
                await asyncio.sleep(0.01)
        if stumbles := self.failures or self.stumbles.get(path):
            return web.json_response({"error": "server-error", "info": "secret detail"}, status=stumbles.pop(0))
        try:
            answer = self._answered(request, path, body)
        except Refused as error:
            return web.json_response({"error": "invalid-request-error", "info": f"{error}"}, status=400)
        if answer is None:
            return web.json_response({"error": "not-found"}, status=404)
        return web.json_response(answer)

    def _answered(self, request: web.Request, path: str, body: Json) -> Json | None:
        for method, pattern, answer in self._known(request.query, body):
            found = re.fullmatch(pattern, path)
            if method == request.method and found:
                return answer(*found.groups())
        return None

    def _known(self, query: Mapping[str, str], body: Json) -> list[tuple[str, str, Callable[..., Json | None]]]:
        return [
            ("GET", "", lambda: {"domain_name": "leaf", "config": {}}),
            ("POST", "rooms", lambda: self._make(body)),
            ("GET", "rooms/([^/]+)", self.rooms.get),
            ("DELETE", "rooms/([^/]+)", self.delete),
            ("GET", "rooms/([^/]+)/presence", self._presence),
            ("POST", "rooms/([^/]+)/eject", lambda name: self._eject(name, body)),
            ("POST", "meeting-tokens", lambda: self._token(body)),
            ("POST", "dialin/pinlessCallUpdate", lambda: self._update(body)),
            ("GET", "purchased-phone-numbers", self._purchased),
            ("GET", "domain-dialin-config", lambda: self._configured(query.get("phone_number", ""))),
            ("POST", "domain-dialin-config", lambda: self._configure(body)),
            ("PUT", "domain-dialin-config/([^/]+)", lambda known: self._reconfigure(known, body)),
        ]

    def _purchased(self) -> Json:
        return {"data": [{"id": known, "number": number} for number, known in self.numbers.items()]}

    def _configured(self, number: str) -> Json:
        return {"data": [one for one in self.dialin.values() if number in one["config"]["phone_number"]]}

    def _make(self, body: Json) -> Json:
        if not set(body) <= {"name", "privacy", "properties"} or body.get("privacy") not in {"private", "public"}:
            raise Refused("body")
        name = body["name"]
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name) or name in self.rooms:
            raise Refused("name")
        config = judge(body["properties"], ROOM, {"exp"})
        if "enable_dialout" in config and not self.plan_has_dialout:
            raise Refused("property 'enable_dialout' cannot be set to that value with your current plan")
        if "sip" in config:
            config = {**config, "sip_uri": {"endpoint": f"{name}@leaf.sip.daily.co"}}
        self.rooms[name] = {"name": name, "url": f"{DOMAIN}/{name}", "privacy": body["privacy"], "config": config}
        return self.rooms[name]

    def delete(self, name: str) -> Json | None:
        """Nobody can come in any more. That whoever is there is put out, Daily does not say."""
        self.deleted.append(name)
        if self.rooms.pop(name, None) is None:
            return None
        return {"deleted": True, "name": name}

    def expire(self, name: str) -> None:
        """The room's time is up: with `eject_at_room_exp` everybody is put out."""
        assert self.rooms.pop(name)["config"]["eject_at_room_exp"]
        for participant in list(self.present.get(name, {})):
            self.put_out(name, participant)

    def _presence(self, name: str) -> Json | None:
        if name not in self.rooms:
            return None
        present = {} if self.presence_lags else self.present.get(name, {})
        return {"data": [{"id": one, "userId": user} for one, user in present.items()]}

    def _eject(self, name: str, body: Json) -> Json | None:
        if not body or not set(body) <= {"ids", "user_ids"} or not all(body.values()):
            raise Refused("body")
        if name not in self.rooms:
            return None
        wanted = {one for one, user in self.present.get(name, {}).items() if user in body.get("user_ids", [])}
        wanted |= set(body.get("ids", [])) & set(self.present.get(name, {}))
        for participant in wanted:
            self.put_out(name, participant)
            self.present[name].pop(participant, None)
        return {"ejectedIds": sorted(wanted)}

    def _token(self, body: Json) -> Json:
        properties = judge(body.get("properties"), TOKEN, {"room_name", "exp"})
        token = secrets.token_urlsafe(16)
        self.tokens[token] = properties
        return {"token": token}

    def _update(self, body: Json) -> Json | None:
        if set(body) != {"callId", "callDomain", "sipUri"}:
            raise Refused("missing fields")
        if self.hangs_up or self.held.get(body["callId"]) != body["callDomain"]:
            return None
        found = re.fullmatch(r"(?:sip:)?([^@]+)@leaf\.sip\.daily\.co", body["sipUri"])
        if found is None or found[1] not in self.rooms:
            raise Refused("sipUri")
        del self.held[body["callId"]]
        self.put_through(body["callId"], found[1])
        return {"ok": "true"}

    def _configure(self, body: Json) -> Json:
        known, number = uuid4().hex, body.get("phone_number")
        taken = any(one["config"]["phone_number"] == number for one in self.dialin.values())
        if body.get("type") not in {"pinless_dialin", "pin_dialin"} or number not in self.numbers or taken:
            raise Refused("config")
        self.dialin[known] = {"id": known, "type": body.pop("type"), "config": {}}
        return self._reconfigure(known, body) or {}

    def _reconfigure(self, known: str, body: Json) -> Json | None:
        if known not in self.dialin:
            return None
        self.dialin[known]["config"] |= judge(body, DIALIN, set())
        return self.dialin[known]


@asynccontextmanager
async def serving(api: DailyRest) -> AsyncIterator[DailyRest]:
    """Serve it for the block; the client finds it at `api.url`."""
    async with company(api.handle) as url:
        api.url = URL(url) / "v1"
        yield api
