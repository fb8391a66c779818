"""One stream as Twilio holds it: a microphone that never stops, marks that come back, and a keypad."""

import asyncio
import json
import time
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Self
from uuid import uuid4

import aiohttp

from telephony.twilio.messages import FRAME_BYTES, FRAME_MS
from telephony.twilio.simulator.ear import FRAME_S, Closed, Heard, ProtocolBroken

SILENCE = b"\xff" * FRAME_BYTES
DEADLINE_S = 20.0
# Who has said nothing for so long has finished.
SETTLED_S = 0.8


def new_sid(kind: str) -> str:
    """A new id as Twilio makes them: two letters and 32 hexadecimal digits."""
    return f"{kind}{uuid4().hex}"


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
        self.speech_begins_s = 0.0
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
        speaking, listening = self._tasks
        # No frame follows `stop`.
        speaking.cancel()
        await asyncio.wait({speaking})
        if not self.closed.is_set():
            await self.stop()
            await self.socket.close()
        listening.cancel()
        await asyncio.wait({listening})
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
                        raise Closed
                    await asyncio.sleep(FRAME_S)
        except TimeoutError:
            raise ProtocolBroken(f"nothing was said within {deadline_s:.0f} s") from None
        return begun[0]

    async def _speak(self) -> None:
        began_s, speaks = time.monotonic(), False
        for number in count(1):
            await self._return_marks()
            speech = self._to_say.popleft() if self._to_say else None
            if speech and not speaks:
                self.speech_begins_s = time.monotonic()
            speaks = speech is not None
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
        if message.pop("streamSid", None) != self.sid:
            raise ProtocolBroken("another stream's id")
        match message:
            case {"event": "media", "media": {"payload": str(payload), **others}} if not others:
                self.heard.play(payload, now_s)
            case {"event": "mark", "mark": {"name": str(name)}}:
                self.heard.marks.append(name)
                self._marks.append((max(now_s, self.heard.until_s), name))
            case {"event": "clear"}:
                self.heard.clear(now_s)
                await self._return_marks(all_of_them=True)
            case _:
                raise ProtocolBroken(f"an unknown message: {message.get('event')}")  # 31924


def frames(ulaw: bytes) -> Iterator[bytes]:
    """Cut µ-law into frames of 20 ms, the last one filled up with silence."""
    for at in range(0, len(ulaw), FRAME_BYTES):
        yield ulaw[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\xff")
