"""What the assistant says as Opus packets, which aiortc sends as they are.

aiortc's own encoder knows no forward error correction and encodes stereo in a thread. Ours costs 0.3 ms for 20 ms.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, CodecContext
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.packet import Packet

FRAME_MS = 20
# RTP counts Opus at 48 kHz, whatever was encoded. https://www.rfc-editor.org/rfc/rfc7587#section-4.1
RTP_CLOCK = Fraction(1, 48_000)
FRAME_TICKS = 48 * FRAME_MS
# While nothing is said one packet of silence in 400 ms is enough, as with Opus's own discontinuous transmission.
SILENCE_EVERY_S = 0.4
# What waits when nobody takes it; the sender of a live connection always does.
MAX_WAITING_PACKETS = 10

BIT_RATE = 32_000
EXPECTED_LOSS_PERCENT = 10
# libopus's complexity: 10 takes 0.55 ms for 20 ms of speech, 5 takes 0.34.
COMPLEXITY = 5

# Generic for type checkers alone.
OpusPacket: TypeAlias = "Packet[AudioStream]"


class OpusVoice(MediaStreamTrack):
    """An audio track with in-band forward error correction: each packet carries a coarse copy of the one before."""

    kind = "audio"

    def __init__(self, *, sample_rate_hz: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._samples = sample_rate_hz * FRAME_MS // 1000
        self._sample_rate_hz = sample_rate_hz
        self._encoder = _encoder(sample_rate_hz)
        self._encoded_frames = 0
        self._monotonic = monotonic
        self._began_s = monotonic()
        self._next_ticks = 0
        self._packets: deque[OpusPacket] = deque(maxlen=MAX_WAITING_PACKETS)
        self._more = asyncio.Event()

    def say(self, pcm: bytes) -> None:
        """Queue 20 ms. pcm: 16-bit LE mono at `sample_rate_hz`; what is shorter is filled with silence."""
        # Time goes on while nothing is said, or the listener would take the next word for late.
        now_ticks = round((self._monotonic() - self._began_s) / RTP_CLOCK)
        ticks = max(self._next_ticks, now_ticks)
        self._next_ticks = ticks + FRAME_TICKS
        for packet in self._encoder.encode(self._frame(pcm)):
            packet.pts, packet.time_base = ticks, RTP_CLOCK
            self._packets.append(packet)
        self._more.set()

    def hush(self) -> None:
        """Forget what nobody has heard yet."""
        self._packets.clear()

    async def recv(self) -> OpusPacket:
        """Return the next packet, or one of silence when nothing has been said for a while."""
        while not self._packets:
            if self.readyState == "ended":
                raise MediaStreamError
            self._more.clear()
            try:
                async with asyncio.timeout(SILENCE_EVERY_S):
                    await self._more.wait()
            except TimeoutError:
                self.say(b"")
        return self._packets.popleft()

    def _frame(self, pcm: bytes) -> AudioFrame:
        frame = AudioFrame(format="s16", layout="mono", samples=self._samples)
        plane = frame.planes[0]
        # FFmpeg pads its planes.
        plane.update(pcm.ljust(plane.buffer_size, b"\0")[: plane.buffer_size])
        frame.sample_rate = self._sample_rate_hz
        frame.pts = self._encoded_frames * self._samples
        frame.time_base = Fraction(1, self._sample_rate_hz)
        self._encoded_frames += 1
        return frame


def _encoder(sample_rate_hz: int) -> AudioCodecContext:
    encoder = CodecContext.create("libopus", "w")
    if not isinstance(encoder, AudioCodecContext):
        raise TypeError(encoder)
    encoder.sample_rate = sample_rate_hz
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = BIT_RATE
    encoder.time_base = Fraction(1, sample_rate_hz)
    # libopus writes error correction only when it expects loss. https://ffmpeg.org/ffmpeg-codecs.html#libopus-1
    encoder.options = {
        "application": "voip",
        "fec": "1",
        "packet_loss": str(EXPECTED_LOSS_PERCENT),
        "compression_level": str(COMPLEXITY),
    }
    return encoder
