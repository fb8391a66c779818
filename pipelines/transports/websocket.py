"""A caller on a websocket: RTVI's protobuf frames on aiohttp, for pipecat.

Audio leaves in chunks of 20 ms, paced to absolute deadlines. It must never run far ahead of what is heard: the
JavaScript client cannot take back what it has received, so an interruption stops only what is still here.
"""

import asyncio
import socket
import time

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
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
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from pipelines.limits import BYTES_PER_SAMPLE, CLOSE_CODES, Allowance, EndReason, Limits
from pipelines.registry import LiveSession
from pipelines.transports import wire
from pipelines.transports.pausable import PausableOutput

CHUNK_MS = 20
LEAD_S = CHUNK_MS / 1000
HEARTBEAT_S = 20
CLOSE_TIMEOUT_S = 1
MAX_BROKEN_MESSAGES = 3
# What a message costs beside its bytes, so that a flood of tiny ones is one too: 2 ms of audio at 16 kHz.
MESSAGE_OVERHEAD_BYTES = 64


async def upgrade(request: web.Request, live: LiveSession, limits: Limits) -> "WebsocketConnection":
    """Accept the upgrade and return the connection, for a session whose place is taken."""
    response = web.WebSocketResponse(
        heartbeat=HEARTBEAT_S,
        timeout=CLOSE_TIMEOUT_S,
        # aiohttp refuses messages of this size, not only larger ones.
        max_msg_size=limits.max_payload_bytes + 1,
        compress=False,
    )
    await response.prepare(request)
    if request.transport is None:
        raise ConnectionResetError
    return WebsocketConnection(response, request.transport, live, limits)


class WebsocketConnection(BaseTransport):
    """One caller's websocket, for as long as it lasts. `response` is aiohttp's answer to the request."""

    def __init__(
        self, response: web.WebSocketResponse, transport: asyncio.Transport, live: LiveSession, limits: Limits
    ) -> None:
        super().__init__()
        params = TransportParams(
            audio_in_enabled=True,
            audio_in_sample_rate=limits.sample_rate_hz,
            audio_out_enabled=True,
            audio_out_sample_rate=limits.sample_rate_hz,
            audio_out_10ms_chunks=CHUNK_MS // 10,
            audio_out_end_silence_secs=0,
        )
        self.response = response
        self._transport = transport
        self._live = live
        self._over = False
        self._max_unsent_bytes = limits.unsent_s * limits.bytes_per_s
        self._receiving = _Input(self, params, limits)
        self._sending = _Output(self, params)
        # Linux would let the buffer grow to megabytes: minutes of audio for a client that has stopped reading.
        kernel_socket = transport.get_extra_info("socket")
        kernel_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.kernel_send_buffer_bytes)

    def input(self) -> "_Input":
        """The pipeline's first processor."""
        return self._receiving

    def output(self) -> "_Output":
        """The processor behind speech synthesis."""
        return self._sending

    async def close(self, reason: EndReason) -> None:
        """Send the close code and wait for the client's, at most CLOSE_TIMEOUT_S."""
        self._over = True
        await self.response.close(code=CLOSE_CODES[reason], message=reason.encode(), drain=False)
        if self._transport.get_write_buffer_size():
            # It does not read: closing politely would wait for it to take what is still unsent.
            self._transport.abort()

    def leave(self, reason: EndReason) -> None:
        """End the session from this side. Nothing is sent any more."""
        self._over = True
        self._live.end(reason)

    async def receive(self) -> bytes | EndReason:
        """Return the next binary message, or why there is none."""
        message = await self.response.receive()
        if message.type is WSMsgType.BINARY:
            data: bytes = message.data
            return data
        if message.type is WSMsgType.TEXT:
            return EndReason.NOT_BINARY
        error = message.data
        if isinstance(error, WebSocketError):
            return EndReason.TOO_LARGE if error.code == WSCloseCode.MESSAGE_TOO_BIG else EndReason.NOT_UNDERSTOOD
        return EndReason.CALLER_LEFT

    async def send(self, content: wire.Audio | wire.Message) -> bool:
        """Send without ever waiting for the client; False when it is gone or does not read."""
        if self._over:
            return False
        if self._transport.get_write_buffer_size() > self._max_unsent_bytes:
            self.leave(EndReason.SLOW_READER)
            return False
        try:
            await self.response.send_bytes(wire.encode(content))
        except ConnectionError:
            return False
        return True


class _Input(BaseInputTransport):
    """What the caller sends, judged message by message."""

    def __init__(self, connection: WebsocketConnection, params: TransportParams, limits: Limits) -> None:
        super().__init__(params)
        self._connection = connection
        self._sample_rate_hz = limits.sample_rate_hz
        self._bytes = Allowance(per_s=limits.speed * limits.bytes_per_s, burst=limits.burst_s * limits.bytes_per_s)
        self._messages = Allowance(per_s=limits.messages_per_s, burst=limits.messages_burst)
        self._listening: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._listening = self.create_task(self._listen())

    async def stop(self, frame: EndFrame) -> None:
        await super().stop(frame)
        await self._stop_listening()

    async def cancel(self, frame: CancelFrame) -> None:
        await super().cancel(frame)
        await self._stop_listening()

    async def cleanup(self) -> None:
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat declares no return type
        await self._stop_listening()

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            listening, self._listening = self._listening, None
            await self.cancel_task(listening)

    async def _listen(self) -> None:
        broken = 0
        while True:
            received = await self._connection.receive()
            if isinstance(received, EndReason):
                return self._connection.leave(received)
            if not self._bytes.spend(len(received) + MESSAGE_OVERHEAD_BYTES):
                return self._connection.leave(EndReason.TOO_MUCH)
            try:
                content = wire.decode(received)
            except wire.Unreadable:
                broken += 1
                if broken == MAX_BROKEN_MESSAGES:
                    return self._connection.leave(EndReason.NOT_UNDERSTOOD)
                continue
            refusal = await self._take(content)
            if refusal is not None:
                return self._connection.leave(refusal)

    async def _take(self, content: wire.Audio | wire.Message) -> EndReason | None:
        if isinstance(content, wire.Message):
            if not self._messages.spend(1):
                return EndReason.TOO_MUCH
            # RTVI stands before this processor.
            await self.push_frame(InputTransportMessageFrame(message=content.body), FrameDirection.UPSTREAM)
        elif self._is_speakable(content):
            await self.push_audio_frame(InputAudioRawFrame(content.pcm, content.sample_rate_hz, content.channels))
        else:
            return EndReason.WRONG_AUDIO
        return None

    def _is_speakable(self, audio: wire.Audio) -> bool:
        mono_at_our_rate = audio.channels == 1 and audio.sample_rate_hz == self._sample_rate_hz
        return mono_at_our_rate and len(audio.pcm) % BYTES_PER_SAMPLE == 0


class _Output(PausableOutput):
    """What the caller hears, at the speed at which it is heard."""

    def __init__(self, connection: WebsocketConnection, params: TransportParams) -> None:
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
            self._heard_at_s = 0.0

    async def send_message(self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame) -> None:
        await self._connection.send(wire.Message(frame.message))

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        if not await self.gate.passed():
            return False
        if not await self._connection.send(wire.Audio(frame.audio, frame.sample_rate, frame.num_channels)):
            return False
        # Sent first and waited after: once interrupted, nothing more leaves.
        now_s = time.monotonic()
        duration_s = len(frame.audio) / (BYTES_PER_SAMPLE * frame.sample_rate)
        self._heard_at_s = max(self._heard_at_s, now_s) + duration_s
        await asyncio.sleep(self._heard_at_s - now_s - LEAD_S)
        return True
