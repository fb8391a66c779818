"""A caller over WebRTC, for pipecat: audio and messages in and out, whichever peer connection carries them now."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Coroutine, Iterable
from typing import Any

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputTransportMessageFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_transport import BaseTransport, TransportParams

from pipelines.limits import BYTES_PER_SAMPLE, CLOSE_CODES, Allowance, EndReason, Limits
from pipelines.registry import LiveSession
from pipelines.transports import wire
from pipelines.transports.audio import both_ways
from pipelines.transports.direct import DirectInput
from pipelines.transports.judging import MAX_BROKEN_MESSAGES, MESSAGE_OVERHEAD_BYTES
from pipelines.transports.pausable import PausableOutput
from pipelines.transports.webrtc.ice import Network
from pipelines.transports.webrtc.offers import Offer
from pipelines.transports.webrtc.opus import FRAME_MS
from pipelines.transports.webrtc.peer import Peer

# From our answer to open audio and messages; browsers take 0.2 to 2 s, through TURN a little more.
SETUP_S = 15.0
# A client that is there sends audio, or says `ping` once a second. Silent for so long, it is away, and the assistant
# waits in the middle of its sentence. aioice notices after 30 s (RFC 7675, section 5.1).
AWAY_AFTER_S = 5.0
# It then has half a minute to find its way back, or to begin anew with another connection.
GONE_AFTER_S = 35.0
CHECK_EVERY_S = 0.5
GOODBYE_WITHIN_S = 1.0
LEAD_S = FRAME_MS / 1000
# Ten seconds of audio: whoever fills it is not being listened to.
MAX_WAITING = 500
MAX_UNSENT_BYTES = 256 * 1024

PEER_LEFT = {"type": "signalling", "message": {"type": "peerLeft"}}


class WebRtcConnection(BaseTransport):
    """One call, for as long as it lasts."""

    by_telephone = False

    def __init__(self, live: LiveSession, limits: Limits, network: Network) -> None:
        super().__init__()
        params = both_ways(TransportParams, limits, playback_rate_hz=limits.sample_rate_hz)
        self._live = live
        self._limits = limits
        self._network = network
        self._over = False
        # The peer carries audio and messages; and something came from the client not long ago.
        self._ready = asyncio.Event()
        self._connected = asyncio.Event()
        self._peer = self._new_peer()
        self._waiting: asyncio.Queue[bytes | dict[str, Any]] = asyncio.Queue(MAX_WAITING)
        self._bytes = Allowance(per_s=limits.speed * limits.bytes_per_s, burst=limits.burst_s * limits.bytes_per_s)
        self._messages = Allowance(per_s=limits.messages_per_s, burst=limits.messages_burst)
        self._broken = 0
        self._alive_at_s = time.monotonic()
        # What was said since the last sign of life, and what of it is to be said again.
        self._unheard: deque[bytes] = deque(maxlen=round(AWAY_AFTER_S * 1000 / FRAME_MS))
        self._again: deque[bytes] = deque()
        self._receiving = _Input(self, params, limits)
        self._sending = _Output(self, params)

    def input(self) -> "_Input":
        """The pipeline's first processor."""
        return self._receiving

    def output(self) -> "_Output":
        """The processor behind speech synthesis."""
        return self._sending

    async def answer(self, offer: Offer, *, restart: bool = False) -> str:
        """Return our SDP. With `restart` the client has begun anew, and so do we: what was said goes on.

        Raises OfferUnreadable or CapacityReached, and then all is as before.
        """
        if not restart:
            return await self._peer.answer(offer)
        new = self._new_peer()
        try:
            answer = await new.answer(offer)
        except BaseException:
            await new.close()
            raise
        old, self._peer = self._peer, new
        self._alive_at_s = time.monotonic()
        self._ready.clear()
        self._connected.clear()
        await old.close()
        return answer

    async def try_candidates(self, lines: list[str]) -> None:
        """Take what the client has found out about its addresses since the offer."""
        await self._peer.try_candidates(lines)

    async def established(self) -> bool:
        """Wait until the caller can be heard and told; False when nothing came of it within SETUP_S."""
        ready = asyncio.create_task(self._ready.wait())
        ended = asyncio.create_task(self._live.ended())
        try:
            done, _ = await asyncio.wait({ready, ended}, timeout=SETUP_S, return_when=asyncio.FIRST_COMPLETED)
            return ready in done and ended not in done
        finally:
            ready.cancel()
            ended.cancel()
            await asyncio.wait({ready, ended})

    def unheard_s(self) -> float:
        """What was said to a client that gives no sign of life any more, or has come to another process."""
        here = self._connected.is_set() and not self._live.resumption.wanted_elsewhere
        return (len(self._again) + (0 if here else len(self._unheard))) * FRAME_MS / 1000

    async def close(self, reason: EndReason) -> None:
        """Tell the client why, in at most GOODBYE_WITHIN_S, and hang up."""
        gone = self._over and reason in {EndReason.CALLER_LEFT, EndReason.CONNECTION_LOST}
        self._over = True
        self._connected.set()
        if not gone:
            goodbye = {"type": "session-ended", "code": CLOSE_CODES[reason], "reason": reason}
            self._peer.tell(json.dumps({"label": "rtvi-ai", "type": "server-message", "data": goodbye}))
            self._peer.tell(json.dumps(PEER_LEFT))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_WITHIN_S):
                    await self._peer.flush()
        await self._peer.close()

    def leave(self, reason: EndReason) -> None:
        """End the session from this side. Nothing is sent or heard any more."""
        self._over = True
        self._live.end(reason)

    def ready(self, peer: Peer) -> None:
        """The peer carries audio and messages."""
        if peer is self._peer:
            self._ready.set()
            self._note_life()

    def ended(self, peer: Peer, reason: EndReason) -> None:
        """End the session, or wait for a caller who may come back; another peer may have taken this one's place."""
        if peer is not self._peer or self._over:
            return
        if reason is EndReason.CONNECTION_LOST:
            self._connected.clear()
        else:
            self.leave(reason)

    def heard(self, pcm: bytes) -> None:
        """Queue what the caller said, unless it is more than anybody can say."""
        self._note_life()
        if self._bytes.spend(len(pcm)):
            self._queue(pcm)
        else:
            self.leave(EndReason.TOO_MUCH)

    def told(self, message: str | bytes) -> None:
        """Queue a message of the client's, if it is one that may cross."""
        refusal = self._judged(message)
        if refusal is not None:
            self.leave(refusal)

    async def receive(self) -> bytes | dict[str, Any]:
        """Return the next 16-bit LE mono audio, or the next message."""
        return await self._waiting.get()

    async def watch(self) -> None:
        """Notice it when nothing comes from the client any more."""
        while not self._over:
            silent_s = time.monotonic() - self._alive_at_s
            if silent_s >= GONE_AFTER_S:
                self.leave(EndReason.CONNECTION_LOST)
            elif silent_s >= AWAY_AFTER_S:
                self._connected.clear()
            await asyncio.sleep(CHECK_EVERY_S)

    async def connected(self) -> None:
        """Wait until somebody is there, or all is over."""
        await self._connected.wait()

    def tell(self, message: object) -> None:
        """Send a message, without ever waiting for the client."""
        if self._over:
            return
        unsent = self._peer.tell(json.dumps(message))
        if unsent is not None and unsent > MAX_UNSENT_BYTES:
            self.leave(EndReason.SLOW_READER)

    def say(self, pcm: bytes) -> bool:
        """Send 20 ms of audio; False once the session is over."""
        if self._over:
            return False
        self._unheard.append(pcm)
        self._peer.voice.say(pcm)
        return True

    def to_say_again(self) -> bytes | None:
        """Return the next 20 ms that a caller missed who is back."""
        return self._again.popleft() if self._again else None

    def hush(self) -> None:
        """Take back the audio that has not left yet, or was missed."""
        self._unheard.clear()
        self._again.clear()
        self._peer.voice.hush()

    def _judged(self, message: str | bytes) -> EndReason | None:
        self._note_life()
        if len(message) > self._limits.max_payload_bytes:
            return EndReason.TOO_LARGE
        # The JavaScript client's ping, once a second for as long as it is connected, is a message as well.
        if not self._bytes.spend(len(message) + MESSAGE_OVERHEAD_BYTES) or not self._messages.spend(1):
            return EndReason.TOO_MUCH
        if isinstance(message, str) and message.startswith("ping"):
            return None
        try:
            body = wire.json_object(message)
        except wire.Unreadable:
            self._broken += 1
            return EndReason.NOT_UNDERSTOOD if self._broken == MAX_BROKEN_MESSAGES else None
        # The client's own signalling, such as that it is muted, is of no use here.
        if body.get("type") != "signalling":
            self._queue(body)
        return None

    def _queue(self, content: bytes | dict[str, Any]) -> None:
        if self._over:
            return
        try:
            self._waiting.put_nowait(content)
        except asyncio.QueueFull:
            self.leave(EndReason.TOO_MUCH)

    def _note_life(self) -> None:
        self._alive_at_s = time.monotonic()
        if not self._ready.is_set():
            return
        if not self._connected.is_set():
            self._again.extend(self._unheard)
            self._connected.set()
        self._unheard.clear()

    def _new_peer(self) -> Peer:
        return Peer(self, self._network, sample_rate_hz=self._limits.sample_rate_hz)


class _Input(DirectInput):
    """What the caller says and sends."""

    def __init__(self, connection: WebRtcConnection, params: TransportParams, limits: Limits) -> None:
        super().__init__(params)
        self._connection = connection
        self._sample_rate_hz = limits.sample_rate_hz

    def listening(self) -> Iterable[Coroutine[None, None, None]]:
        return (self._listen(), self._connection.watch())

    async def _listen(self) -> None:
        while True:
            content = await self._connection.receive()
            if isinstance(content, bytes):
                await self.push_audio_frame(InputAudioRawFrame(content, self._sample_rate_hz, 1))
            else:
                # RTVI stands before this processor.
                await self.push_frame(InputTransportMessageFrame(message=content), FrameDirection.UPSTREAM)


class _Output(PausableOutput):
    """What the caller hears, at the speed at which it is heard."""

    def __init__(self, connection: WebRtcConnection, params: TransportParams) -> None:
        super().__init__(params)
        self._connection = connection
        # When all that was sent will have been heard.
        self._heard_at_s = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._connection.hush()
            self._heard_at_s = 0.0

    async def send_message(self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame) -> None:
        self._connection.tell(frame.message)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await self._connection.connected()
        while (missed := self._connection.to_say_again()) is not None:
            await self._say(missed, frame.sample_rate)
        return await self._say(frame.audio, frame.sample_rate)

    async def _say(self, pcm: bytes, sample_rate_hz: int) -> bool:
        chunks = await self.released(pcm)
        for chunk in chunks:
            if not await self._send(chunk, sample_rate_hz):
                return False
        return bool(chunks)

    async def _send(self, pcm: bytes, sample_rate_hz: int) -> bool:
        if not await self.gate.passed() or not self._connection.say(pcm):
            return False
        # Sent first and waited after: once interrupted, nothing more leaves.
        now_s = time.monotonic()
        self._heard_at_s = max(self._heard_at_s, now_s) + len(pcm) / (BYTES_PER_SAMPLE * sample_rate_hz)
        await asyncio.sleep(self._heard_at_s - now_s - LEAD_S)
        return True
