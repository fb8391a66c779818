"""What carries a caller's voice: a websocket, or a WebRTC connection."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import aiohttp
from aiohttp import WSMsgType
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket
from av.packet import Packet
from yarl import URL

from pipelines.caller.client import VoiceClient, open_http
from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.transports import wire
from pipelines.transports.webrtc.ice import Network, gather_within
from pipelines.transports.webrtc.opus import FRAME_TICKS, RTP_CLOCK, OpusPacket, OpusVoice
from tests.load.voice.speech import RATE_HZ, utterances

FRAME_S = 0.02
FRAME_BYTES = round(RATE_HZ * FRAME_S) * BYTES_PER_SAMPLE
# Opus needs 8 bytes for 20 ms of silence, and more than 40 for a voice.
SILENT_BYTES = 16
# Messages and audio that came while their reader was busy; half a minute of audio.
MAX_WAITING = 1_500
CONNECTED_WITHIN_S = 15.0
# This machine, whose loopback WebRTC would leave out.
HERE = Network(public_address="127.0.0.1", private_peers=True)

# Seconds of the assistant's audio, or an RTVI message.
Came = float | Mapping[str, Any]


class Line(Protocol):
    """An open call."""

    async def send(self, frame: bytes) -> None:
        """Speak one frame of 20 ms, as this kind of line encodes it."""

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send an RTVI message."""

    async def next(self) -> Came:
        """Wait for what comes next. Raises ConnectionResetError when the other side hangs up."""

    async def aclose(self) -> None:
        """Hang up."""


class Door(Protocol):
    """Where callers come in."""

    async def open(self) -> Line:
        """Call. Raises Refused, Unreachable or aiohttp's ClientError."""


@dataclass(frozen=True, slots=True)
class Said:
    """What callers say, in frames of 20 ms as one kind of line carries them."""

    phrases: Sequence[Sequence[bytes]]
    silence: bytes


async def said_through(encoded: Callable[[bytes], Awaitable[list[bytes]]], folder: Path | None) -> Said:
    """Return the recordings of a folder, or what the embedded voice asks, encoded once for all callers."""
    phrases = [await encoded(pcm) for pcm in await utterances(folder)]
    return Said(phrases, (await encoded(bytes(2 * FRAME_BYTES)))[-1])


def frames_of(pcm: bytes) -> list[bytes]:
    """Return what a microphone makes of speech: 20 ms each, the last filled with silence."""
    return [pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for at in range(0, len(pcm), FRAME_BYTES)]


async def as_messages(pcm: bytes) -> list[bytes]:
    """Return what a websocket carries."""
    return [wire.encode(wire.Audio(frame, RATE_HZ)) for frame in frames_of(pcm)]


async def as_packets(pcm: bytes) -> list[bytes]:
    """Return Opus, for WebRTC."""
    voice = OpusVoice(sample_rate_hz=RATE_HZ)
    packets = []
    for frame in frames_of(pcm):
        voice.say(frame)
        packets.append(bytes(await voice.recv()))
    voice.stop()
    return packets


class SocketLine:
    """RTVI in protobuf over a websocket, ours or pipecat's own."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, frame: bytes) -> None:
        """Speak."""
        await self._socket.send_bytes(frame)

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        await self._socket.send_bytes(wire.encode(wire.Message(dict(message))))

    async def next(self) -> Came:
        """Wait for audio or a message."""
        while True:
            message = await self._socket.receive()
            if message.type is not WSMsgType.BINARY:
                raise ConnectionResetError(f"hung up with {self._socket.close_code}")
            # Pipecat's own transport also sends frames of other kinds.
            with contextlib.suppress(wire.Unreadable):
                match wire.decode(message.data):
                    case wire.Audio(pcm, sample_rate_hz):
                        return len(pcm) / BYTES_PER_SAMPLE / sample_rate_hz
                    case wire.Message(body):
                        return body

    async def aclose(self) -> None:
        """Hang up."""
        await self._socket.close()


class SocketDoor:
    """A websocket of a server of ours, after signing in."""

    def __init__(self, client: VoiceClient, store: str) -> None:
        self._client = client
        self._store = store

    async def open(self) -> Line:
        """Call."""
        return SocketLine(await self._client.socket(store=self._store))


class BareDoor:
    """A websocket that asks nobody who they are."""

    def __init__(self, http: aiohttp.ClientSession, url: URL) -> None:
        self._http = http
        self._url = url

    async def open(self) -> Line:
        """Call."""
        return SocketLine(await self._http.ws_connect(self._url, max_msg_size=0))


class Mouth(MediaStreamTrack):
    """Sends packets that were encoded before the call."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.packets: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._ticks = 0

    async def recv(self) -> OpusPacket:
        """Return the next packet."""
        if self.readyState == "ended":
            raise MediaStreamError
        packet = cast("OpusPacket", Packet(await self.packets.get()))
        packet.pts, packet.time_base = self._ticks, RTP_CLOCK
        self._ticks += FRAME_TICKS
        return packet


class PeerLine:
    """RTVI on a data channel beside Opus over RTP. What comes is timed and not decoded: the callers share a core."""

    def __init__(self, network: Network | None) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration([], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._came: asyncio.Queue[Came | None] = asyncio.Queue(MAX_WAITING)
        self._mouth = Mouth()
        audio = self._connection.addTransceiver(self._mouth, direction="sendrecv")
        audio.receiver._handle_rtp_packet = self._hear  # type: ignore[method-assign]  # noqa: SLF001 - before aiortc decodes
        if network is not None:
            gather_within(audio.receiver.transport.transport._connection, network)  # noqa: SLF001 - as the server does
        self._channel = self._connection.createDataChannel("rtvi")
        self._opened = asyncio.Event()
        self._channel.on("open", self._opened.set)
        self._channel.on("message", lambda text: self._take(json.loads(text)))
        self._connection.on("connectionstatechange", self._note_state)

    async def offer(self) -> str:
        """Return the offer's SDP, candidates and all."""
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return str(self._connection.localDescription.sdp)

    async def connect(self, answer: str) -> None:
        """Take the answer, and wait until messages can be sent. Raises TimeoutError."""
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(CONNECTED_WITHIN_S):
            await self._opened.wait()

    async def send(self, frame: bytes) -> None:
        """Speak."""
        await self._mouth.packets.put(frame)

    async def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        self._channel.send(json.dumps(message))

    async def next(self) -> Came:
        """Wait for audio or a message."""
        came = await self._came.get()
        if came is None:
            raise ConnectionResetError("hung up")
        return came

    async def aclose(self) -> None:
        """Hang up."""
        self._mouth.stop()
        await self._connection.close()

    async def _hear(self, packet: RtpPacket, arrival_time_ms: int) -> None:  # noqa: ARG002 - aiortc's signature
        if len(packet.payload) > SILENT_BYTES:
            self._take(FRAME_S)

    def _take(self, came: Came | None) -> None:
        self._came.put_nowait(came)

    def _note_state(self) -> None:
        if self._connection.connectionState in {"closed", "failed"}:
            self._take(None)


class PeerDoor:
    """WebRTC of a server of ours, after signing in."""

    def __init__(self, client: VoiceClient, store: str, network: Network | None) -> None:
        self._client = client
        self._store = store
        self._network = network

    async def open(self) -> Line:
        """Call."""
        line = PeerLine(self._network)
        try:
            await line.connect(await self._client.offer(await line.offer(), store=self._store))
        except BaseException:
            await line.aclose()
            raise
        return line


@asynccontextmanager
async def door(url: URL, over: str, credentials: Sequence[str], store: str) -> AsyncIterator[Door]:
    """Where callers come in: a server of ours after signing in, `over` "websocket" or "webrtc"; or a bare websocket."""
    async with open_http() as http:
        if url.scheme in {"ws", "wss"}:
            yield BareDoor(http, url)
            return
        client = VoiceClient(http, url)
        email, password = credentials
        await client.sign_in(email=email, password=password)
        if over == "websocket":
            yield SocketDoor(client, store)
        else:
            here = url.host is not None and (url.host.endswith("localhost") or url.host == "127.0.0.1")
            yield PeerDoor(client, store, HERE if here else None)
