"""A caller on a Twilio media stream, for pipecat: 8 kHz µ-law on the wire, the pipeline's own rate inside.

Audio leaves in frames of 20 ms, a little ahead of the ear; what barge-in has to take back of it, `clear` does.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable

import structlog
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_transport import BaseTransport, TransportParams

from pipelines.limits import BYTES_PER_SAMPLE, Allowance, EndReason, Limits
from pipelines.processors.heard import UnheardFrame
from pipelines.registry import LiveSession
from pipelines.transports.audio import both_ways
from pipelines.transports.direct import DirectInput
from pipelines.transports.pausable import PausableOutput, PauseOutputFrame
from pipelines.transports.socket import Socket
from pipelines.transports.wire import Unreadable
from telephony.twilio.messages import (
    RATE_HZ,
    Dtmf,
    Mark,
    Media,
    Start,
    Stop,
    clear,
    decoded,
    encoded,
    mark,
    media,
    read,
)
from telephony.twilio.playback import Playback
from telephony.twilio.resampling import Resampler

# What Twilio has in hand while process or network are late; less than what is said again after a pause.
LEAD_S = 0.1
# Twilio sends 50 frames a second, of silence too: without any, the line is dead, however long the caller is silent.
MEDIA_IDLE_S = 10.0
# How long the last words may take to the caller's ear.
LAST_WORDS_S = 3.0
MAX_BROKEN_MESSAGES = 3
# A second of speech is 50 messages and 8,000 bytes; stalled networks catch up.
MESSAGES_PER_S, MESSAGES_BURST = 150, 1_000
# Who has ended it politely lets the last words be heard.
POLITE = frozenset({EndReason.SAID_GOODBYE, EndReason.IDLE, EndReason.CLOSED, EndReason.SHUTTING_DOWN})

log = structlog.get_logger()


async def started(socket: Socket, *, within_s: float = MEDIA_IDLE_S) -> Start:
    """Wait for the stream's first messages. Raises Unreadable for anything else, also for silence."""
    try:
        async with asyncio.timeout(within_s):
            for _ in range(2):
                text = await socket.receive_text()
                if isinstance(text, EndReason):
                    break
                message = read(text)
                if isinstance(message, Start):
                    return message
    except TimeoutError:
        pass
    raise Unreadable("no start")


class MediaStream(BaseTransport):
    """One caller on one stream."""

    by_telephone = True

    def __init__(self, socket: Socket, start: Start, live: LiveSession, limits: Limits) -> None:
        super().__init__()
        # At the pipeline's own rate: pipecat would resample by the block, and late.
        params = both_ways(TransportParams, limits, playback_rate_hz=limits.sample_rate_hz)
        self.playback = Playback()
        self._socket = socket
        self._sid = start.stream_sid
        self._live = live
        self._over = False
        self._chunks = 0
        self._lost = 0
        self._receiving = _Input(self, params, limits)
        self._sending = _Output(self, params, limits)

    def input(self) -> "_Input":
        """The pipeline's first processor."""
        return self._receiving

    def output(self) -> "_Output":
        """The processor behind speech synthesis."""
        return self._sending

    async def receive(self) -> Media | Dtmf | EndReason:
        """Return what the caller does next, or why there is nothing more."""
        broken = 0
        while True:
            try:
                async with asyncio.timeout(MEDIA_IDLE_S):
                    text = await self._socket.receive_text()
            except TimeoutError:
                log.warning("media_silent", after_s=MEDIA_IDLE_S)
                return EndReason.CONNECTION_LOST
            if isinstance(text, EndReason):
                # Twilio closes the socket when the caller hangs up.
                return EndReason.CALLER_LEFT if text is EndReason.CONNECTION_LOST else text
            try:
                message = read(text)
            except Unreadable:
                broken += 1
                if broken == MAX_BROKEN_MESSAGES:
                    return EndReason.NOT_UNDERSTOOD
                continue
            match message:
                case Media(chunk=chunk):
                    self._count(chunk)
                    return message
                case Dtmf():
                    return message
                case Mark(name):
                    self.playback.returned(name, at_s=time.monotonic())
                case Stop():
                    self._over = True
                    return EndReason.CALLER_LEFT
                case _:
                    pass

    def _count(self, chunk: int) -> None:
        # A server that does not keep up is not waited for: Twilio drops what it cannot send (31930).
        if chunk > self._chunks:
            self._lost += chunk - self._chunks - 1
            self._chunks = chunk

    def leave(self, reason: EndReason) -> None:
        """End the session from this side."""
        self._live.end(reason)

    async def send(self, pcm: bytes) -> bool:
        """Send 16-bit LE mono at RATE_HZ, without ever waiting for Twilio. False at the end."""
        if self._over or not await self._socket.send_text(media(self._sid, encoded(pcm))):
            return False
        due = self.playback.sent(len(pcm) / BYTES_PER_SAMPLE / RATE_HZ, at_s=time.monotonic())
        return due is None or await self._socket.send_text(mark(self._sid, due))

    async def fall_silent(self) -> float:
        """Drop at once what was sent and not heard; return how much that was, in seconds."""
        unheard_s = self.playback.unheard_s(at_s=time.monotonic())
        if not self._over:
            await self._socket.send_text(clear(self._sid))
        self.playback.cleared()
        return unheard_s

    def unheard_s(self) -> float:
        """Nothing: the output says itself what it took back."""
        return 0.0

    async def close(self, reason: EndReason) -> None:
        """Let the last words be heard, then hang up: what follows in our TwiML is `<Hangup/>`. Bounded."""
        if reason in POLITE and not self._over:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await self._heard_out()
        self._over = True
        await self._socket.close(reason)
        (log.warning if self._lost else log.info)("media_ended", chunks=self._chunks, lost=self._lost)

    async def _heard_out(self) -> None:
        await self._socket.send_text(mark(self._sid, self.playback.mark(at_s=time.monotonic())))
        while not self.playback.all_heard:
            # The pipeline no longer receives.
            if isinstance(await self.receive(), EndReason):
                return


class _Input(DirectInput):
    """What the caller says and dials."""

    def __init__(self, stream: MediaStream, params: TransportParams, limits: Limits) -> None:
        super().__init__(params)
        self._stream = stream
        self._rate_hz = limits.sample_rate_hz
        self._messages = Allowance(per_s=MESSAGES_PER_S, burst=MESSAGES_BURST)
        self._bytes = Allowance(per_s=limits.speed * RATE_HZ, burst=limits.burst_s * RATE_HZ)
        self._resampler = Resampler(from_hz=RATE_HZ, to_hz=self._rate_hz)

    def listening(self) -> Iterable[Coroutine[None, None, None]]:
        return (self._listen(),)

    async def _listen(self) -> None:
        while True:
            received = await self._stream.receive()
            if not isinstance(received, EndReason) and not self._messages.spend(1):
                received = EndReason.TOO_MUCH
            match received:
                case Media(ulaw) if self._bytes.spend(len(ulaw)):
                    await self._hear(ulaw)
                case Media():
                    return self._stream.leave(EndReason.TOO_MUCH)
                case Dtmf(digit):
                    await self.push_frame(InputDTMFFrame(button=KeypadEntry(digit)))
                case EndReason():
                    return self._stream.leave(received)

    async def _hear(self, ulaw: bytes) -> None:
        if pcm := self._resampler.resampled(decoded(ulaw)):
            await self.push_audio_frame(InputAudioRawFrame(pcm, self._rate_hz, 1))


class _Output(PausableOutput):
    """What the caller hears, at the speed at which it is heard."""

    def __init__(self, stream: MediaStream, params: TransportParams, limits: Limits) -> None:
        super().__init__(params)
        self._stream = stream
        self._resampler = Resampler(from_hz=limits.sample_rate_hz, to_hz=RATE_HZ)
        # When all that was sent will have been heard.
        self._heard_at_s = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, PauseOutputFrame | InterruptionFrame) and self._heard_at_s:
            # Before anything else happens with it.
            self._heard_at_s = 0.0
            await self.push_frame(UnheardFrame(await self._stream.fall_silent()))
        await super().process_frame(frame, direction)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        chunks = await self.released(self._resampler.resampled(frame.audio))
        for pcm in chunks:
            if not await self._send(pcm):
                return False
        return bool(chunks)

    async def _send(self, pcm: bytes) -> bool:
        if not await self.gate.passed() or not await self._stream.send(pcm):
            return False
        # Sent first and waited after: once interrupted, nothing more leaves.
        now_s = time.monotonic()
        self._heard_at_s = max(self._heard_at_s, now_s) + len(pcm) / BYTES_PER_SAMPLE / RATE_HZ
        await asyncio.sleep(self._heard_at_s - now_s - LEAD_S)
        return True
