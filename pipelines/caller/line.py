"""The caller's end of an open line: a microphone that never stops, an ear, and a stopwatch.

When the line is lost, or the server sends its callers to another process, it goes on over a new websocket.
"""

import asyncio
import contextlib
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np

from pipelines.caller.recordings import last_voiced_sample
from pipelines.limits import BYTES_PER_SAMPLE, CloseCode
from pipelines.transports.wire import Audio, Message, Unreadable, decode, encode

FRAME_S = 0.02

GREETING_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 60.0
# The assistant may pause between two parts of one answer.
SETTLED_S = 0.8
# A 16-bit sample below this is not heard yet: the rounding of silence, or the breath before a word.
AUDIBLE = 100
# The server hears the end of speech up to 0.2 s later than we do. What is heard so long before the answer was sent is
# no answer but a word of patience.
PATIENCE_MS = 500
# The server sends its callers elsewhere, or the network said nothing.
COMES_BACK = frozenset({CloseCode.HANDED_OFF, aiohttp.WSCloseCode.ABNORMAL_CLOSURE, None})
# The rest of the sentence is still being made.
MID_SENTENCE = (",", ";", ":", "\N{EM DASH}", "\N{EN DASH}")

# From 2.0.0 on, `bot-output` says what has really been spoken. https://docs.pipecat.ai/client/rtvi-standard
RTVI_VERSION = "2.2.0"
READY: dict[str, Any] = {
    "label": "rtvi-ai",
    "type": "client-ready",
    "id": "1",
    "data": {"version": RTVI_VERSION, "about": {"library": "storeline-talk"}},
}


@dataclass
class HungUp(Exception):
    """The server closed the line in the middle of something."""

    code: int | None
    reason: str

    def __str__(self) -> str:
        return f"the server ended the conversation ({self.reason or 'no reason given'}, close code {self.code})"


@dataclass
class NoAnswer(Exception):
    """What was waited for did not come."""

    awaited: str
    timeout_s: float
    complaint: str | None

    def __str__(self) -> str:
        complaint = f"; the server reported: {self.complaint}" if self.complaint else ""
        return f"no {self.awaited} within {self.timeout_s:.0f} s{complaint}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing said by the caller and the answer to it.

    `reply_pcm`: 16-bit LE mono at the line's rate. `voice_to_voice_ms` runs from the caller's last voiced sample
    to the first audible sample of the reply, both measured here; when a word of patience came first, it is what the
    server measured. `stages_ms` is the server's own measurement,
    each stage from the end of speech. They are None or empty for the greeting and when the server tells none.
    """

    heard: str
    said: str
    reply_pcm: bytes
    voice_to_voice_ms: int | None
    stages_ms: dict[str, int | None]
    answered_by: str | None
    conversation_id: str | None


@dataclass(slots=True)
class _Open:
    """An exchange under way; times are monotonic seconds."""

    began_s: float
    speech_ended_s: float = math.inf
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    reply: bytearray = field(default_factory=bytearray)
    audible_s: float | None = None
    report: dict[str, Any] = field(default_factory=dict)

    def close(self) -> Exchange:
        return Exchange(
            heard=" ".join(self.heard),
            said=" ".join(self.said),
            reply_pcm=bytes(self.reply),
            voice_to_voice_ms=self._voice_to_voice_ms(),
            stages_ms=self.report.get("latency_ms", {}),
            answered_by=self.report.get("answered_by"),
            conversation_id=self.report.get("conversation_id"),
        )

    def _voice_to_voice_ms(self) -> int | None:
        if self.audible_s is None or math.isinf(self.speech_ended_s):
            return None
        heard_ms = round((self.audible_s - self.speech_ended_s) * 1000)
        sent_ms: int | None = self.report.get("latency_ms", {}).get("on_wire")
        return sent_ms if sent_ms is not None and heard_ms < sent_ms - PATIENCE_MS else heard_ms


ComeBack = Callable[[str], Awaitable[aiohttp.ClientWebSocketResponse]]


class Line:
    """Both directions of one websocket. Like a real microphone it always sends: speech, or else silence."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        *,
        rate_hz: int,
        come_back: ComeBack | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._socket = socket
        self._come_back = come_back
        self._resume_token: str | None = None
        # From each loss of the line to an assistant that listens again, in whichever process.
        self.gaps_s: list[float] = []
        self._lost_s: float | None = None
        self._rate_hz = rate_hz
        self._monotonic = monotonic
        self._frame_bytes = round(rate_hz * FRAME_S) * BYTES_PER_SAMPLE
        self._microphone_on_s = monotonic()
        self._frames_sent = 0
        self._speech = b""
        self._exchange = _Open(monotonic())
        self._last_s: dict[str, float] = defaultdict(float)
        self._complaint: str | None = None
        self._news = asyncio.Event()
        self._reason = ""
        self._over: HungUp | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send and listen for as long as the block lasts."""
        await self._socket.send_bytes(encode(Message(READY)))
        tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._listen())]
        try:
            yield
        finally:
            speaking, listening = tasks
            speaking.cancel()
            # While it is still read: what lies unread when a socket closes makes TCP reset the line. The server would
            # then never see our goodbye, and wait for us to come back.
            await self._socket.close()
            listening.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def greeting(self) -> Exchange:
        """Wait until the assistant has greeted. Raises HungUp or NoAnswer."""
        return await self._finished("greeting", GREETING_TIMEOUT_S)

    async def say(self, pcm: bytes) -> Exchange:
        """Speak a recording (16-bit LE mono at the line's rate) and wait for the whole answer.

        Raises HungUp, or NoAnswer ANSWER_TIMEOUT_S after the end of the recording.
        """
        # The next frame to leave holds what a microphone heard in the 20 ms before it leaves.
        first_sample_s = self._due_s(self._frames_sent) - FRAME_S
        self._exchange = _Open(
            began_s=self._monotonic(),
            speech_ended_s=first_sample_s + last_voiced_sample(pcm, rate_hz=self._rate_hz) / self._rate_hz,
        )
        self._speech = pcm
        while self._speech:
            await self._next_news(timeout_s=FRAME_S)
        return await self._finished("answer", ANSWER_TIMEOUT_S)

    async def _finished(self, awaited: str, timeout_s: float) -> Exchange:
        deadline_s = self._monotonic() + timeout_s
        while not self._settled():
            if self._monotonic() > deadline_s:
                raise NoAnswer(awaited, timeout_s, self._complaint)
            await self._next_news(timeout_s=SETTLED_S / 8)
        return self._exchange.close()

    def _settled(self) -> bool:
        """Whether the assistant has finished speaking, after whatever the caller said last."""
        last_s = self._last_s
        # Not when it began to speak: what it says may follow something else without a break.
        answered = (
            last_s["user-started-speaking"]
            <= last_s["user-stopped-speaking"]
            <= last_s["bot-has-said"]
            <= last_s["bot-stopped-speaking"]
        )
        fresh = last_s["bot-has-said"] > self._exchange.began_s
        whole = not (self._exchange.said and self._exchange.said[-1].endswith(MID_SENTENCE))
        return answered and fresh and whole and self._monotonic() - last_s["bot-stopped-speaking"] > SETTLED_S

    async def _next_news(self, *, timeout_s: float) -> None:
        if self._over:
            raise self._over
        self._news.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return

    def _due_s(self, frame: int) -> float:
        # Absolute deadlines: what one frame is late, the next one does not add to.
        return self._microphone_on_s + frame * FRAME_S

    async def _speak(self) -> None:
        while True:
            await asyncio.sleep(self._due_s(self._frames_sent) - self._monotonic())
            pcm, self._speech = self._speech[: self._frame_bytes], self._speech[self._frame_bytes :]
            frame = encode(Audio(pcm.ljust(self._frame_bytes, b"\0"), self._rate_hz))
            self._frames_sent += 1
            # The listener hears why, and whether there is another socket.
            with contextlib.suppress(ConnectionError):
                await self._socket.send_bytes(frame)

    async def _listen(self) -> None:
        await self._hear_out()
        while await self._is_back():
            await self._hear_out()
        # A close says why; when the network fails, there is nothing to say.
        self._over = HungUp(self._socket.close_code, self._reason)
        self._news.set()

    async def _is_back(self) -> bool:
        """Open another socket where the server wants that, or has not said goodbye."""
        token, self._resume_token = self._resume_token, None
        if token is None or self._come_back is None or self._socket.close_code not in COMES_BACK:
            return False
        self._lost_s = self._monotonic()
        try:
            self._socket = await self._come_back(token)
            await self._socket.send_bytes(encode(Message(READY)))
        except Exception as error:  # noqa: BLE001 - whoever listens is told, as of every other end
            self._reason = f"{self._reason or 'connection lost'}; not resumed: {error}"
            return False
        return True

    async def _hear_out(self) -> None:
        while (message := await self._socket.receive()).type is aiohttp.WSMsgType.BINARY:
            try:
                content = decode(message.data)
            except Unreadable as error:
                self._complaint = f"something that is no RTVI ({error})"
                continue
            if isinstance(content, Audio):
                self._hear(content)
            else:
                self._read(content.body)
                self._news.set()
        self._reason = message.extra if isinstance(message.extra, str) else ""

    def _hear(self, audio: Audio) -> None:
        now_s, exchange = self._monotonic(), self._exchange
        exchange.reply += audio.pcm
        if exchange.audible_s is None and now_s >= exchange.speech_ended_s:
            audible = np.flatnonzero(np.abs(np.frombuffer(audio.pcm, dtype="<i2").astype(np.int32)) >= AUDIBLE)
            if len(audible):
                exchange.audible_s = now_s + int(audible[0]) / audio.sample_rate_hz

    def _read(self, body: dict[str, Any]) -> None:
        kind, data = str(body.get("type")), body.get("data") or {}
        self._last_s[kind] = self._monotonic()
        if kind == "bot-ready" and self._lost_s is not None:
            self.gaps_s.append(self._monotonic() - self._lost_s)
            self._lost_s = None
        match kind:
            case "user-input" if data.get("final"):
                self._exchange.heard.append(str(data["text"]).strip())
            case "bot-output" if data.get("spoken_status") == "completed":
                self._exchange.said.append(str(data["text"]).strip())
                self._last_s["bot-has-said"] = self._monotonic()
            case "server-message" if data.get("type") == "turn-latency":
                self._exchange.report = data
            case "server-message" if data.get("type") in {"resume-token", "resume-now"}:
                self._resume_token = data.get("token")
            case "error" | "error-response":
                self._complaint = str(data.get("error"))
