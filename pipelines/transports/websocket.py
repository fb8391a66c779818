"""A caller on websockets: RTVI's protobuf frames, for pipecat.

Audio leaves in chunks of 40 ms, paced to absolute deadlines. It must never run far ahead of what is heard: the
JavaScript client cannot take back what it has received, so an interruption stops only what is still here.

When the network is lost the pipeline stays, and waits in the middle of its sentence. A caller who comes back brings
a new socket, which takes the place of the old one; what had not arrived is sent again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Iterable

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

from pipelines.limits import BYTES_PER_SAMPLE, EndReason, Limits
from pipelines.registry import LiveSession
from pipelines.transports import wire
from pipelines.transports.audio import MESSAGE_MS, both_ways
from pipelines.transports.direct import DirectInput
from pipelines.transports.judging import Judge
from pipelines.transports.pausable import PausableOutput
from pipelines.transports.socket import Socket
from pipelines.transports.unheard import Unheard

LEAD_S = MESSAGE_MS / 1000


class WebsocketConnection(BaseTransport):
    """One caller, on one websocket after the other; they hear 16-bit mono at `playback_rate_hz`."""

    by_telephone = False

    def __init__(self, socket: Socket, live: LiveSession, limits: Limits, *, playback_rate_hz: int) -> None:
        super().__init__()
        params = both_ways(TransportParams, limits, playback_rate_hz=playback_rate_hz, chunk_ms=MESSAGE_MS)
        self._socket: Socket | None = socket
        self._live = live
        self._over = False
        self._connected = asyncio.Event()
        self._connected.set()
        self._unheard = Unheard()
        self._max_unsent_bytes = limits.unsent_s * playback_rate_hz * BYTES_PER_SAMPLE
        self._receiving = _Input(self, params, limits)
        self._sending = _Output(self, params)

    def input(self) -> "_Input":
        """The pipeline's first processor."""
        return self._receiving

    def output(self) -> "_Output":
        """The processor behind speech synthesis."""
        return self._sending

    async def take_over(self, socket: Socket) -> None:
        """Go on with a new socket: the caller is back. What had not arrived on the old one is sent again."""
        if self._over:
            return await socket.close(EndReason.CONNECTION_LOST)
        old, self._socket = self._socket, socket
        if old is not None:
            # It looked alive, which a lost network does for a while.
            self._unheard.keep_last(old.unacknowledged_bytes)
            old.abort()
        self._connected.set()
        rest = self._unheard.take()
        for content in rest:
            if isinstance(content, wire.Message):
                await self.send(content)
        return self._sending.repeat([content for content in rest if isinstance(content, wire.Audio)])

    def unheard_s(self) -> float:
        """What TCP has not confirmed, and what is still to be said again."""
        if self._socket is not None:
            self._unheard.keep_last(self._socket.unacknowledged_bytes)
        return self._unheard.audio_s + self._sending.rest_s

    async def close(self, reason: EndReason) -> None:
        """Close the socket with the reason's code, bounded; also for a caller who is away."""
        self._over = True
        self._connected.set()
        if self._socket is not None:
            await self._socket.close(reason)

    def leave(self, reason: EndReason) -> None:
        """End the session from this side. Nothing is sent any more."""
        self._over = True
        self._live.end(reason)

    async def connected(self) -> None:
        """Wait until somebody is there, or all is over."""
        await self._connected.wait()

    async def receive(self) -> bytes | EndReason:
        """Return the next binary message, whichever socket brings it, or why no more will come."""
        while not self._over:
            await self._connected.wait()
            socket = self._socket
            if socket is None:
                continue
            received = await socket.receive()
            if isinstance(received, bytes):
                if self._unheard:
                    self._unheard.keep_last(socket.unacknowledged_bytes)
                return received
            if received is not EndReason.CONNECTION_LOST:
                return received
            if socket is self._socket:
                self._lose(socket, received)
        return EndReason.CALLER_LEFT

    async def send(self, content: wire.Audio | wire.Message) -> bool:
        """Send without ever waiting for the client; what a caller who is away misses is kept. False at the end."""
        if self._over:
            return False
        data = wire.encode(content)
        self._unheard.add(content, len(data))
        socket = self._socket
        if socket is not None:
            if socket.unsent_bytes > self._max_unsent_bytes:
                self._lose(socket, EndReason.SLOW_READER)
            # Whether it could be sent, the one who receives will notice.
            elif await socket.send(data):
                self._unheard.keep_last(socket.unacknowledged_bytes)
        return True

    def interrupted(self) -> None:
        """The caller spoke over what they may not have heard: it is not said again."""
        self._unheard.drop_audio()

    def _lose(self, socket: Socket, reason: EndReason) -> None:
        self._unheard.keep_last(socket.unacknowledged_bytes)
        socket.abort()
        self._socket = None
        self._connected.clear()
        self._live.lost(reason)


class _Input(DirectInput):
    """What the caller sends, judged message by message."""

    def __init__(self, connection: WebsocketConnection, params: TransportParams, limits: Limits) -> None:
        super().__init__(params)
        self._connection = connection
        self._judge = Judge(limits)

    def listening(self) -> Iterable[Coroutine[None, None, None]]:
        return (self._listen(),)

    async def _listen(self) -> None:
        while True:
            received = await self._connection.receive()
            content = received if isinstance(received, EndReason) else self._judge.judged(received)
            match content:
                case EndReason():
                    return self._connection.leave(content)
                case wire.Message(body):
                    # RTVI stands before this processor.
                    await self.push_frame(InputTransportMessageFrame(message=body), FrameDirection.UPSTREAM)
                case wire.Audio(pcm, sample_rate_hz, channels):
                    await self.push_audio_frame(InputAudioRawFrame(pcm, sample_rate_hz, channels))


class _Output(PausableOutput):
    """What the caller hears, at the speed at which it is heard."""

    def __init__(self, connection: WebsocketConnection, params: TransportParams) -> None:
        super().__init__(params)
        self._connection = connection
        # When all that was sent will have been heard.
        self._heard_at_s = 0.0
        self._rest: deque[wire.Audio] = deque()
        self._repeating: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def cleanup(self) -> None:
        await self._stop_repeating()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat declares no return type

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._heard_at_s = 0.0
            self._connection.interrupted()
            await self._stop_repeating()

    async def send_message(self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame) -> None:
        await self._connection.send(wire.Message(frame.message))

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await self._connection.connected()
        if self._repeating is not None:
            await asyncio.wait({self._repeating})
        return await self._say(wire.Audio(frame.audio, frame.sample_rate, frame.num_channels))

    @property
    def rest_s(self) -> float:
        """How much is still to be said again."""
        return sum(audio.duration_s for audio in self._rest)

    def repeat(self, audio: list[wire.Audio]) -> None:
        """Say what was not heard, before anything new."""
        # In front of what an earlier loss has left to say.
        self._rest.extendleft(reversed(audio))
        if self._rest and (self._repeating is None or self._repeating.done()):
            self._repeating = self.create_task(self._repeat())

    async def _repeat(self) -> None:
        while self._rest:
            await self._connection.connected()
            await self._say(self._rest.popleft())

    async def _stop_repeating(self) -> None:
        self._rest.clear()
        if self._repeating is not None:
            repeating, self._repeating = self._repeating, None
            await self.cancel_task(repeating)

    async def _say(self, audio: wire.Audio) -> bool:
        chunks = await self.released(audio.pcm)
        for pcm in chunks:
            if not await self._send(wire.Audio(pcm, audio.sample_rate_hz, audio.channels)):
                return False
        return bool(chunks)

    async def _send(self, audio: wire.Audio) -> bool:
        if not await self.gate.passed() or not await self._connection.send(audio):
            return False
        # Sent first and waited after: once interrupted, nothing more leaves.
        now_s = time.monotonic()
        self._heard_at_s = max(self._heard_at_s, now_s) + audio.duration_s
        await asyncio.sleep(self._heard_at_s - now_s - LEAD_S)
        return True
