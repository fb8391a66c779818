"""A user of the app as a program: signs in over HTTP and opens voice lines. For `talk` and for load tests."""

import asyncio
import ipaddress
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipelines.caller.line import Line

USER_HOST = "user.localhost"
HTTP_TIMEOUT_S = 15.0
MAX_MESSAGE_BYTES = 1024 * 1024
# For so long a conversation is kept for somebody who is away; a process starts within seconds.
COME_BACK_WITHIN_S = 30.0
COME_BACK_EVERY_S = 0.2


@dataclass
class Unreachable(Exception):
    """Nothing answers there."""

    url: URL
    reason: str

    def __str__(self) -> str:
        return f"{self.url} cannot be reached ({self.reason}); is the server running?"


@dataclass
class Refused(Exception):
    """The server said no; `code` is its stable name for the reason."""

    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"the server refused: {self.message} ({self.status} {self.code})"


class LoopbackResolver(AbstractResolver):
    """Names under `.localhost` mean this machine (RFC 6761, 6.3), which not every system's resolver knows."""

    def __init__(self) -> None:
        self._system = aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Answer like the system's resolver, except for those names."""
        if not host.endswith(".localhost"):
            return await self._system.resolve(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Close the system's resolver."""
        await self._system.close()


@asynccontextmanager
async def open_http() -> AsyncIterator[aiohttp.ClientSession]:
    """Open what any number of VoiceClients share: no limit on connections, DNS only for real names."""
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver(), limit=0)
    timeout = aiohttp.ClientTimeout(total=HTTP_TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        yield http


class VoiceClient:
    """One signed-in user. Every method raises Unreachable or Refused."""

    def __init__(self, http: aiohttp.ClientSession, url: URL) -> None:
        self._http = http
        self._url = url.origin()
        self._headers = {"Host": _host(url)}

    async def sign_in(self, *, email: str, password: str) -> None:
        """Log in; what follows acts for this user."""
        tokens = await self._post("/user/auth/login", {"email": email, "password": password})
        self._headers["Authorization"] = f"Bearer {tokens['access_token']}"

    @asynccontextmanager
    async def line(self, *, store: str, rate_hz: int) -> AsyncIterator[Line]:
        """Open a line to the assistant of the store with this slug; `rate_hz` is the server's wire rate."""
        websocket = await self.socket(store=store)
        line = Line(websocket, rate_hz=rate_hz, come_back=lambda token: self.come_back(token, store=store))
        async with line.running():
            yield line

    async def come_back(self, token: str, *, store: str) -> aiohttp.ClientWebSocketResponse:
        """Open another websocket into the conversation that `token` opens, as soon as some process lets us.

        Raises like `socket` once COME_BACK_WITHIN_S have passed.
        """
        gives_up_s = time.monotonic() + COME_BACK_WITHIN_S
        while True:
            try:
                return await self.socket(store=store, resume=token)
            except (Refused, Unreachable) as error:
                # It is over, or whoever has it does not give it away.
                final = isinstance(error, Refused) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
                if final or time.monotonic() > gives_up_s:
                    raise
            await asyncio.sleep(COME_BACK_EVERY_S)

    async def socket(self, *, store: str, resume: str | None = None) -> aiohttp.ClientWebSocketResponse:
        """Open the websocket of such a line, for those who speak and listen themselves."""
        door = await self._post("/user/voice/start", {"store": store, "resume": resume is not None})
        # Where we are and not where it says: its name may mean nothing to this machine.
        url = _on(self._url, URL(door["wsUrl"])).update_query(
            token=door["token"], **({"resume": resume} if resume else {})
        )
        headers = {"Host": self._headers["Host"]}
        try:
            return await self._http.ws_connect(url, headers=headers, max_msg_size=MAX_MESSAGE_BYTES)
        except aiohttp.WSServerHandshakeError as error:
            raise Refused(error.status, "no_line", "the voice line does not open") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _unreachable(url, error) from error

    async def offer(self, sdp: str, *, store: str) -> str:
        """Offer a WebRTC connection to such a line; return the answer's SDP."""
        door = await self._post("/user/voice/start", {"store": store, "transport": "webrtc"})
        endpoint = URL(door["webrtcRequestParams"]["endpoint"])
        answer = await self._post(endpoint.raw_path_qs, {"sdp": sdp, "type": "offer"})
        return str(answer["sdp"])

    async def _post(self, path: str, body: Mapping[str, str | bool]) -> dict[str, Any]:
        url = self._url.join(URL(path))
        try:
            async with self._http.post(url, json=body, headers=self._headers) as response:
                answer = await _object(response)
                if not response.ok:
                    raise _refusal(response.status, answer)
                return answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _unreachable(url, error) from error


def _host(url: URL) -> str:
    """The name to ask for: an address says which machine is meant, not which of its hosts."""
    host = url.host or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if host != "localhost":
            return url.authority
    return f"{USER_HOST}:{url.port}"


def _on(url: URL, door: URL) -> URL:
    """The websocket that `door` names, at the host and port of `url`."""
    scheme = "wss" if url.scheme == "https" else "ws"
    return url.with_scheme(scheme).with_path(door.path).with_query(door.query)


async def _object(response: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        answer = await response.json(content_type=None)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {}


def _refusal(status: int, answer: dict[str, Any]) -> Refused:
    error = answer.get("error")
    if not isinstance(error, dict):
        return Refused(status, "no_reason", "its answer is not Storeline's; is this the right URL?")
    return Refused(status, str(error.get("code")), str(error.get("message")))


def _unreachable(url: URL, error: Exception) -> Unreachable:
    if isinstance(error, TimeoutError):
        return Unreachable(url.origin(), f"no answer within {HTTP_TIMEOUT_S:.0f} s")
    if isinstance(error, aiohttp.ClientConnectorError):
        # A resolver's errors have numbers of their own, below zero, and words that say enough.
        number = error.errno or 0
        return Unreachable(url.origin(), os.strerror(number) if number > 0 else str(error.strerror))
    return Unreachable(url.origin(), type(error).__name__)
