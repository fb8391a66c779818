"""One aiortc peer connection of a call. A call outlives it: a client that changes networks brings a new one."""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Protocol

import structlog
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    rtcsctptransport,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler

from pipelines.limits import BYTES_PER_SAMPLE, EndReason
from pipelines.transports.webrtc.ice import Network, gather_within, reachable
from pipelines.transports.webrtc.jitter import InOrder
from pipelines.transports.webrtc.offers import Offer, OfferUnreadable, with_error_correction
from pipelines.transports.webrtc.opus import FRAME_MS, RTP_CLOCK, OpusVoice

CLOSE_WITHIN_S = 3.0
# What is missing is heard as silence, up to here: a longer gap is a muted microphone.
MAX_FILLED_GAP_S = 1.0
# With all headers a chunk of aiortc's 1200 bytes does not fit through links with an MTU of 1280, and aiortc never
# learns of that. https://github.com/pipecat-ai/pipecat/blob/v1.14.0/src/pipecat/transports/smallwebrtc/connection.py
rtcsctptransport.USERDATA_MAX_LENGTH = 1100

log = structlog.get_logger()


class Listener(Protocol):
    """Who hears what a peer sends."""

    def heard(self, pcm: bytes) -> None:
        """The caller spoke: 16-bit LE mono."""

    def told(self, message: str | bytes) -> None:
        """The caller's client sent a message."""

    def ready(self, peer: "Peer") -> None:
        """Audio flows and, if the caller offered one, the data channel is open."""

    def ended(self, peer: "Peer", reason: EndReason) -> None:
        """The caller closed the page (CALLER_LEFT), is out of reach (CONNECTION_LOST), or broke a rule."""


class Peer:
    """Connects, hears and speaks, until it is closed."""

    def __init__(self, listener: Listener, network: Network, *, sample_rate_hz: int) -> None:
        self._listener = listener
        self._network = network
        self._sample_rate_hz = sample_rate_hz
        # None would mean a public STUN server of aiortc's choice.
        servers = [RTCIceServer(url) for url in network.stun_urls]
        self._connection = RTCPeerConnection(RTCConfiguration(servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.voice = OpusVoice(sample_rate_hz=sample_rate_hz)
        self._audio = self._connection.addTransceiver(self.voice, direction="sendrecv")
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        self._audio.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() == "audio/opus"])
        self._audio.receiver._RTCRtpReceiver__jitter_buffer = InOrder()  # type: ignore[attr-defined]  # noqa: SLF001 - aiortc has no option for it
        self._ice = self._audio.receiver.transport.transport
        gather_within(self._ice._connection, network)  # noqa: SLF001 - aiortc offers no way in
        self._connection.on("connectionstatechange", self._note_state)
        self._connection.on("datachannel", self._note_channel)
        self._channel: RTCDataChannel | None = None
        self._wants_channel = False
        self._hearing: asyncio.Task[None] | None = None

    async def answer(self, offer: Offer) -> str:
        """Return our answer's SDP to a first or a later offer. Raises OfferUnreadable or CapacityReached."""
        self._wants_channel = offer.has_channel
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
            for transceiver in self._connection.getTransceivers():
                if transceiver is not self._audio:
                    transceiver.direction = "inactive"
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except (ValueError, InternalError, InvalidAccessError, InvalidStateError, OperationError) as error:
            raise OfferUnreadable from error
        await self.try_candidates(offer.candidates)
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())
        return with_error_correction(self._connection.localDescription.sdp)

    async def try_candidates(self, lines: Iterable[str]) -> None:
        """Take those of the caller's candidates that we may send to.

        The end of candidates is not passed on: aioice would then give up on callers of whom none is left.
        """
        for line in lines:
            candidate = reachable(line, self._network)
            if candidate is not None:
                with contextlib.suppress(ValueError):
                    await self._ice.addRemoteCandidate(candidate)

    def tell(self, message: str) -> int | None:
        """Send a message and return how many bytes wait to be sent; None without a data channel."""
        if self._channel is None or self._channel.readyState != "open":
            return None
        self._channel.send(message)
        return self._channel.bufferedAmount

    async def flush(self) -> None:
        """Wait until every message has left."""
        channel = self._channel
        while channel is not None and channel.readyState == "open" and channel.bufferedAmount:  # noqa: ASYNC110 - aiortc has no event for it
            await asyncio.sleep(FRAME_MS / 1000)

    async def close(self) -> None:
        """Hang up, and leave neither task nor socket."""
        self._connection.remove_all_listeners()
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.wait({self._hearing})
        self.voice.stop()
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._connection.close()
        except TimeoutError:
            log.error("webrtc_close_stuck")  # noqa: TRY400 - there is nothing else to tell
            # Its sockets at least.
            await self._ice.stop()

    def _note_state(self) -> None:
        match self._connection.connectionState:
            case "closed":
                self._listener.ended(self, EndReason.CALLER_LEFT)
            case "failed":
                self._listener.ended(self, EndReason.CONNECTION_LOST)
            case _:
                self._note_progress()

    def _note_channel(self, channel: RTCDataChannel) -> None:
        if self._channel is not None:
            # One is what clients open; each costs memory.
            self._listener.ended(self, EndReason.TOO_MUCH)
            return
        self._channel = channel
        channel.on("message", self._listener.told)
        self._note_progress()

    def _note_progress(self) -> None:
        connected = self._connection.connectionState == "connected"
        if connected and (self._channel is not None or not self._wants_channel):
            self._listener.ready(self)

    async def _hear(self) -> None:
        resampler = AudioResampler(format="s16", layout="mono", rate=self._sample_rate_hz)
        expected: int | None = None
        while True:
            try:
                frame = await self._audio.receiver.track.recv()
            except MediaStreamError:
                return
            if not isinstance(frame, AudioFrame) or frame.pts is None:
                continue
            pcm = b"".join(
                bytes(part.planes[0])[: part.samples * BYTES_PER_SAMPLE] for part in resampler.resample(frame)
            )
            self._listener.heard(self._gap(expected, frame.pts) + pcm)
            expected = frame.pts + round(frame.samples / frame.sample_rate / RTP_CLOCK)

    def _gap(self, expected: int | None, came: int) -> bytes:
        """The silence of what was lost on the way, or left out because nothing was said (RFC 7587, section 3.1.3)."""
        missing_s = float((came - expected) * RTP_CLOCK) if expected is not None else 0.0
        if not 0 < missing_s <= MAX_FILLED_GAP_S:
            return b""
        return bytes(BYTES_PER_SAMPLE * round(missing_s * self._sample_rate_hz))
