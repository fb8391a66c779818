"""A Twilio of our own: it rings a running server and speaks the exact media-stream protocol, for tests and load.

It signs as Twilio does, plays what it is sent in real time, returns marks when all before them was played, and
complains about whatever Twilio would not take.
"""

import asyncio
import json
import time
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any, Self
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from telephony.twilio.messages import FRAME_BYTES, FRAME_MS
from telephony.twilio.signatures import SIGNATURE

FRAME_S = FRAME_MS / 1000
SILENCE = b"\xff" * FRAME_BYTES
# More is refused with error 31931.
MAX_BUFFERED_S = 600
DEADLINE_S = 20.0
# Who has said nothing for so long has finished.
SETTLED_S = 0.8


@dataclass
class ProtocolBroken(Exception):
    """The server did what Twilio would not take; `what` says it."""

    what: str

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose calls these are; `server` is where the server listens, `public_url` where it believes to be reached."""

    server: URL
    public_url: URL
    account_sid: str
    auth_token: str


def new_sid(kind: str) -> str:
    """A new id as Twilio makes them: two letters and 32 hexadecimal digits."""
    return f"{kind}{uuid4().hex}"


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
        status, body = await self.post(str(self.account.public_url.with_path(path)), form)
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
        """Do what `<Connect><Stream>` says for the length of the block, then hang up. Raises ProtocolBroken."""
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


def stream_of(twiml: str) -> tuple[str, dict[str, str]]:
    """Return where the stream goes, and its parameters. Raises ProtocolBroken."""
    response = ET.fromstring(twiml)  # noqa: S314 - of the server that we test
    stream = response.find("Connect/Stream")
    if stream is None or [verb.tag for verb in response] != ["Connect", "Hangup"]:
        raise ProtocolBroken(f"no <Connect><Stream> then <Hangup/>: {twiml}")
    url = stream.get("url", "")
    if URL(url).query_string or URL(url).scheme not in {"wss", "ws"}:
        raise ProtocolBroken(f"a stream to {url}")
    return url, {each.get("name", ""): each.get("value", "") for each in stream.findall("Parameter")}


@dataclass(slots=True)
class _Played:
    """Audio that was sent to us, and when it is heard."""

    begins_s: float
    ulaw: bytes

    @property
    def ends_s(self) -> float:
        return self.begins_s + len(self.ulaw) / FRAME_BYTES * FRAME_S


@dataclass(slots=True)
class Heard:
    """What the caller has heard, in order; all times are of the monotonic clock."""

    played: list[_Played] = field(default_factory=list)
    clears_s: list[float] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    last_message_s: float = 0.0

    @property
    def until_s(self) -> float:
        """When the last of it ends."""
        return self.played[-1].ends_s if self.played else 0.0

    def ulaw(self, *, since_s: float = 0.0) -> bytes:
        """The audio that begins after a moment, without the pauses."""
        return b"".join(each.ulaw for each in self.played if each.begins_s >= since_s)

    def clear(self, now_s: float) -> None:
        """What has not been heard is gone."""
        self.clears_s.append(now_s)
        self.played = [each for each in self.played if each.begins_s <= now_s]


class Leg:
    """One stream: a microphone that never stops, an ear, and a keypad."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        account_sid: str,
        call_sid: str,
        parameters: Mapping[str, str],
    ) -> None:
        self.socket = socket
        self.sid = new_sid("MZ")
        self.heard = Heard()
        self.sent_frames = 0
        self.speech_ends_s = 0.0
        self.closed = asyncio.Event()
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._parameters = dict(parameters)
        self._numbers = count(1)
        self._chunks = count(1)
        self._to_say: deque[bytes] = deque()
        self._marks: deque[tuple[float, str]] = deque()
        self._problem: ProtocolBroken | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.tell({"event": "connected", "protocol": "Call", "version": "1.0.0"}, numbered=False)
        await self.tell(
            {
                "event": "start",
                "start": {
                    "accountSid": self._account_sid,
                    "streamSid": self.sid,
                    "callSid": self._call_sid,
                    "tracks": ["inbound"],
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                    "customParameters": self._parameters,
                },
            }
        )
        self._tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._listen())]
        return self

    async def __aexit__(self, *_error: object) -> None:
        if not self.closed.is_set():
            await self.stop()
            await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        if self._problem:
            raise self._problem

    async def tell(self, message: dict[str, Any], *, numbered: bool = True) -> None:
        """Send a message as Twilio writes it: numbers are strings."""
        if numbered:
            message = {**message, "sequenceNumber": str(next(self._numbers)), "streamSid": self.sid}
        await self.socket.send_str(json.dumps(message))

    async def stop(self) -> None:
        """The caller has hung up."""
        await self.tell({"event": "stop", "stop": {"accountSid": self._account_sid, "callSid": self._call_sid}})

    async def dial(self, digits: str) -> None:
        """Press keys."""
        for digit in digits:
            await self.tell({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})

    async def frame(self, ulaw: bytes) -> None:
        """Send 20 ms of the caller's audio."""
        number = next(self._chunks)
        self.sent_frames += 1
        payload = b64encode(ulaw).decode()
        # Milliseconds since the stream began.
        timestamp = str((number - 1) * FRAME_MS)
        media = {"track": "inbound", "chunk": str(number), "timestamp": timestamp, "payload": payload}
        await self.tell({"event": "media", "media": media})

    def say(self, ulaw: bytes) -> None:
        """Say this next; the microphone sends silence before and after."""
        self._to_say.extend(frames(ulaw))

    async def said(self) -> float:
        """Wait until all was said, and return when that was."""
        async with asyncio.timeout(DEADLINE_S + len(self._to_say) * FRAME_S):
            while self._to_say:  # noqa: ASYNC110 - what is watched is a clock
                await asyncio.sleep(FRAME_S / 2)
        return self.speech_ends_s

    async def answer(self, *, since_s: float, deadline_s: float = 60.0) -> float:
        """Wait until something is heard and has ended; return when it began. Raises ProtocolBroken."""
        try:
            async with asyncio.timeout(deadline_s):
                while not (begun := [each.begins_s for each in self.heard.played if each.begins_s >= since_s]) or (
                    time.monotonic() < self.heard.until_s + SETTLED_S and not self.closed.is_set()
                ):
                    if self.closed.is_set() and not begun:
                        raise ProtocolBroken("the stream was closed without an answer")
                    await asyncio.sleep(FRAME_S)
        except TimeoutError:
            raise ProtocolBroken(f"nothing was said within {deadline_s:.0f} s") from None
        return begun[0]

    async def _speak(self) -> None:
        began_s = time.monotonic()
        for number in count(1):
            await self._return_marks()
            speech = self._to_say.popleft() if self._to_say else None
            await self.frame(speech or SILENCE)
            if speech:
                self.speech_ends_s = time.monotonic()
            # To absolute deadlines, as telephone networks do.
            await asyncio.sleep(max(0.0, began_s + number * FRAME_S - time.monotonic()))

    async def _return_marks(self, *, all_of_them: bool = False) -> None:
        now_s = time.monotonic()
        while self._marks and (all_of_them or self._marks[0][0] <= now_s):
            await self.tell({"event": "mark", "mark": {"name": self._marks.popleft()[1]}})

    async def _listen(self) -> None:
        try:
            async for message in self.socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise ProtocolBroken("a binary message")  # 31950
                await self._take(json.loads(message.data))
        except ProtocolBroken as problem:
            self._problem = problem
        finally:
            self.closed.set()

    async def _take(self, message: dict[str, Any]) -> None:
        now_s = time.monotonic()
        self.heard.last_message_s = now_s
        if message.pop("streamSid", None) != self.sid:
            raise ProtocolBroken("another stream's id")
        match message:
            case {"event": "media", "media": {"payload": str(payload), **others}} if not others:
                self._play(_decoded(payload), now_s)
            case {"event": "mark", "mark": {"name": str(name)}}:
                self.heard.marks.append(name)
                self._marks.append((max(now_s, self.heard.until_s), name))
            case {"event": "clear"}:
                self.heard.clear(now_s)
                await self._return_marks(all_of_them=True)
            case _:
                raise ProtocolBroken(f"an unknown message: {message.get('event')}")  # 31924

    def _play(self, ulaw: bytes, now_s: float) -> None:
        self.heard.played.append(_Played(max(now_s, self.heard.until_s), ulaw))
        if self.heard.until_s - now_s > MAX_BUFFERED_S:
            raise ProtocolBroken("more audio than can be kept")


def frames(ulaw: bytes) -> Iterator[bytes]:
    """Cut µ-law into frames of 20 ms, the last one filled up with silence."""
    for at in range(0, len(ulaw), FRAME_BYTES):
        yield ulaw[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\xff")


def _decoded(payload: str) -> bytes:
    try:
        return b64decode(payload, validate=True)
    except Base64Error:
        raise ProtocolBroken("a payload that is no base64") from None
