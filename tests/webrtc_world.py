"""A browser for the WebRTC door: aiortc as the other side, with a microphone that says what a test lets it say."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

from aiohttp import ClientSession
from aioice import Connection
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler

from auth.principals import Kind
from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.transports import wire
from pipelines.transports.webrtc.ice import gather_within
from tests.doubles import CHUNK_S, loudness
from tests.voice_world import DEADLINE_S, LOOPBACK, RATE_HZ, Client, World

CHUNK_SAMPLES = round(CHUNK_S * RATE_HZ)


class Microphone(MediaStreamTrack):
    """Says at once what it is given, unless it is `live`, and else silence in real time, as microphones do."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.words: deque[bytes] = deque()
        self.live = False
        self._said = 0

    async def recv(self) -> AudioFrame:
        """The next 20 ms."""
        if self.readyState == "ended":
            raise MediaStreamError
        if self.live or not self.words:
            await asyncio.sleep(CHUNK_S)
        frame = AudioFrame(format="s16", layout="mono", samples=CHUNK_SAMPLES)
        plane = frame.planes[0]
        plane.update((self.words.popleft() if self.words else b"").ljust(plane.buffer_size, b"\0"))
        frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
        frame.pts = self._said * CHUNK_SAMPLES
        self._said += 1
        return frame


class Browser(Client):
    """One page with one call."""

    def __init__(
        self, http: ClientSession, endpoint: str, *, host: str | None = None, relay: RTCIceServer | None = None
    ) -> None:
        super().__init__()
        self.http = http
        self.endpoint = endpoint
        self.host = host
        # The only way out, if there is one.
        self.relay = relay
        self.pc_id: str | None = None
        self.answer = ""
        self.origin: str | None = None
        self._inbox: asyncio.Queue[wire.Audio | wire.Message] = asyncio.Queue()
        self._connections: list[RTCPeerConnection] = []
        self._listening: list[asyncio.Task[None]] = []
        self.begin_anew()

    def begin_anew(self, *, channel: bool = True, video: bool = True) -> None:
        """Make a peer connection as the JavaScript client does: audio, video, data channel."""
        servers, policy = ([self.relay], RTCIceTransportPolicy.RELAY) if self.relay else ([], RTCIceTransportPolicy.ALL)
        self.pc = RTCPeerConnection(
            RTCConfiguration(servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE, iceTransportPolicy=policy)
        )
        self._connections.append(self.pc)
        self.microphone = Microphone()
        audio = self.pc.addTransceiver(self.microphone, direction="sendrecv")
        if not self.relay:
            gather_within(audio.receiver.transport.transport._connection, LOOPBACK)  # noqa: SLF001 - as the server does
        if video:
            self.pc.addTransceiver("video", direction="sendrecv")
        self.pc.on("track", self._listen)
        self.channel: RTCDataChannel | None = self.pc.createDataChannel("chat") if channel else None
        if self.channel is not None:
            self.channel.on("message", self._keep)

    async def offered(self) -> str:
        """The offer, candidates and all."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def negotiate(self, *, restart: bool = False) -> None:
        """Offer, and take the answer."""
        status, answer = await self.post(await self.offered(), restart_pc=restart)
        assert status == 200, answer
        self.pc_id, self.answer = answer["pc_id"], answer["sdp"]
        await self.pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def post(self, sdp: str, **fields: object) -> tuple[int, dict[str, Any]]:
        """Send an offer; return the status and the answer."""
        offer = {"sdp": sdp, "type": "offer", "pc_id": self.pc_id, "restart_pc": False} | fields
        async with self.http.post(self.endpoint, json=offer, headers=self._headers()) as response:
            return response.status, await response.json()

    async def patch(self, *candidates: str, **fields: object) -> int:
        """Send candidates; return the status."""
        found = [{"candidate": each, "sdp_mid": "0", "sdp_mline_index": 0} for each in candidates]
        body = {"pc_id": self.pc_id, "candidates": found} | fields
        async with self.http.patch(self.endpoint, json=body, headers=self._headers()) as response:
            return response.status

    async def connected(self) -> None:
        """Wait until the data channel is open."""
        async with asyncio.timeout(DEADLINE_S):
            while self.channel is None or self.channel.readyState != "open":  # noqa: ASYNC110 - aiortc has no such event
                await asyncio.sleep(0.005)

    @property
    def ice(self) -> Connection:
        """Which packets go where."""
        return self.pc.getTransceivers()[0].receiver.transport.transport._connection  # noqa: SLF001 - there is no public way to it

    async def send(self, content: wire.Audio | wire.Message) -> None:
        """Speak, or send a message."""
        if isinstance(content, wire.Audio):
            self.microphone.words.append(content.pcm)
        elif self.channel is not None:
            self.channel.send(json.dumps(content.body))

    async def next(self) -> wire.Audio | wire.Message:
        """Wait for what comes next."""
        return await self._inbox.get()

    async def ended(self) -> str:
        """Wait for the server's goodbye, and return its reason."""
        return str((await self.hear_server("session-ended"))["reason"])

    async def listen(self, *, seconds: float) -> None:
        """Receive until the assistant was heard for so long."""
        async with asyncio.timeout(DEADLINE_S):
            while self.loud_seconds() < seconds:
                await self.receive()

    def loud_seconds(self) -> float:
        """How long the assistant was heard so far."""
        loud = [each for each in self.audio() if loudness(each.pcm) > 1_000]
        return sum(len(each.pcm) for each in loud) / BYTES_PER_SAMPLE / RATE_HZ

    def vanish(self) -> None:
        """Lose the network: nothing is sent or received any more, and nobody says goodbye."""
        for protocol in self.ice._protocols:  # noqa: SLF001 - there is no public way to them
            protocol.transport.close()

    async def leave(self) -> None:
        """Close the page."""
        for connection in self._connections:
            await connection.close()
        self.microphone.stop()
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)

    def _headers(self) -> dict[str, str]:
        named = {"Origin": self.origin, "Host": self.host}
        return {name: value for name, value in named.items() if value}

    def _keep(self, message: str) -> None:
        self._inbox.put_nowait(wire.Message(json.loads(message)))

    def _listen(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._listening.append(asyncio.create_task(self._hear(track)))

    async def _hear(self, track: MediaStreamTrack) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            for part in resampler.resample(frame):
                pcm = bytes(part.planes[0])[: part.samples * BYTES_PER_SAMPLE]
                self._inbox.put_nowait(wire.Audio(pcm, RATE_HZ))


@asynccontextmanager
async def page(world: World, bearer: str | None = None, kind: Kind = Kind.USER) -> AsyncIterator[Browser]:
    """A page that has pressed start, and has not yet offered anything."""
    started = await world.start(bearer or world.sign_in(kind), kind, transport="webrtc")
    browser = Browser(world.http, started["webrtcRequestParams"]["endpoint"])
    try:
        yield browser
    finally:
        await browser.leave()


@asynccontextmanager
async def call(world: World, bearer: str | None = None, kind: Kind = Kind.USER) -> AsyncIterator[Browser]:
    """A page that is connected."""
    async with page(world, bearer, kind) as browser:
        await browser.negotiate()
        await browser.connected()
        yield browser
