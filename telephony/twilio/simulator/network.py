"""The network: signs as Twilio does, posts webhooks, and opens streams as TwiML says."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from telephony.twilio.signatures import SIGNATURE
from telephony.twilio.simulator.ear import ProtocolBroken
from telephony.twilio.simulator.leg import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose calls these are; `server` is where the server listens, `public_url` where it believes to be reached."""

    server: URL
    public_url: URL
    account_sid: str
    auth_token: str


class TurnedAway(Exception):
    """The caller is asked to leave a voicemail."""


class Simulator:
    """Rings and opens streams."""

    def __init__(self, http: aiohttp.ClientSession, account: Account) -> None:
        self._http = http
        self.account = account
        self._validator = RequestValidator(account.auth_token)

    async def post(self, url: str, form: Mapping[str, str], **headers: str) -> tuple[int, str]:
        """Send a webhook, signed unless a header says otherwise; return status and body."""
        signed = {SIGNATURE: self._validator.compute_signature(url, dict(form)), **self._host(), **headers}
        async with self._http.post(self._there(URL(url)), data=form, headers=signed) as answer:
            return answer.status, await answer.text()

    async def ring(self, *, number: str, caller: str, call_sid: str, path: str = "/phone/twilio/voice") -> str:
        """Let a call come in; return the TwiML. Raises ProtocolBroken."""
        form = self.form(call_sid, number=number, caller=caller, status="ringing")
        return await self._asked(str(self.account.public_url.with_path(path)), form)

    async def after(self, twiml: str, form: Mapping[str, str]) -> str:
        """Ask what follows a stream; return the TwiML. Raises ProtocolBroken."""
        return await self._asked(action_of(twiml), form)

    async def _asked(self, url: str, form: Mapping[str, str]) -> str:
        status, body = await self.post(url, form)
        if status != HTTPStatus.OK:
            raise ProtocolBroken(f"the webhook was answered {status}")
        return body

    def form(self, call_sid: str, *, number: str, caller: str, status: str, **more: str) -> dict[str, str]:
        """What every webhook tells."""
        return {
            "AccountSid": self.account.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": call_sid,
            "CallStatus": status,
            "Direction": "inbound",
            "From": caller,
            "To": number,
            **more,
        }

    @asynccontextmanager
    async def stream(self, twiml: str, call_sid: str) -> AsyncIterator["Leg"]:
        """Do what `<Connect><Stream>` says for the length of the block, then hang up.

        Raises TurnedAway or ProtocolBroken.
        """
        url, parameters = stream_of(twiml)
        async with self.upgraded(url) as socket, Leg(socket, self.account.account_sid, call_sid, parameters) as leg:
            yield leg

    @asynccontextmanager
    async def upgraded(self, url: str, **headers: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open the websocket, signed unless a header says otherwise."""
        signed = {SIGNATURE: self._validator.compute_signature(url, {}), **self._host(), **headers}
        there = self._there(URL(url))
        there = there.with_scheme("wss" if there.scheme == "https" else "ws")
        async with self._http.ws_connect(there, headers=signed, max_msg_size=0) as socket:
            yield socket

    def _host(self) -> dict[str, str]:
        return {"Host": self.account.public_url.authority}

    def _there(self, url: URL) -> URL:
        return self.account.server.with_path(url.path).with_query(url.query)


def action_of(twiml: str) -> str:
    """Return the address that is asked what follows a stream. Raises ProtocolBroken."""
    connect = ET.fromstring(twiml).find("Connect")  # noqa: S314 - as below
    if connect is None or not connect.get("action"):
        raise ProtocolBroken(f"no <Connect action>: {twiml}")
    return connect.get("action", "")


def stream_of(twiml: str) -> tuple[str, dict[str, str]]:
    """Return where the stream goes, and its parameters. Raises TurnedAway or ProtocolBroken."""
    response = ET.fromstring(twiml)  # noqa: S314 - of the server that we test
    if response.find("Record") is not None:
        raise TurnedAway
    stream = response.find("Connect/Stream")
    if stream is None or [verb.tag for verb in response] != ["Connect", "Hangup"]:
        raise ProtocolBroken(f"no <Connect><Stream> then <Hangup/>: {twiml}")
    url = stream.get("url", "")
    if URL(url).query_string or URL(url).scheme not in {"wss", "ws"}:
        raise ProtocolBroken(f"a stream to {url}")
    return url, {each.get("name", ""): each.get("value", "") for each in stream.findall("Parameter")}
