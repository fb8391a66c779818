"""What a caller sends, judged before any work is done for it."""

import numpy as np
import soxr

from pipelines.limits import BYTES_PER_SAMPLE, Allowance, EndReason, Limits
from pipelines.transports import wire

MAX_BROKEN_MESSAGES = 3
# What a message costs beside its bytes, so that a flood of tiny ones is one too: 2 ms of audio at 16 kHz.
MESSAGE_OVERHEAD_BYTES = 64
# What microphones give: from the telephone's rate to that of browsers.
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 8_000, 48_000


class Judge:
    """Keeps count for one session, over all its sockets, and brings its audio to our rate."""

    def __init__(self, limits: Limits) -> None:
        self._rate_hz = limits.sample_rate_hz
        self._takes_other_rates = limits.resample_other_rates
        self._bytes = Allowance(per_s=limits.speed * limits.bytes_per_s, burst=limits.burst_s * limits.bytes_per_s)
        self._messages = Allowance(per_s=limits.messages_per_s, burst=limits.messages_burst)
        self._broken = 0
        self._resampler: tuple[int, soxr.ResampleStream] | None = None

    def judged(self, data: bytes) -> wire.Audio | wire.Message | EndReason | None:
        """Return what one binary message says, None if there is nothing to do, or the rule that it breaks."""
        try:
            content = wire.decode(data)
        except wire.Unreadable:
            content = None
        if isinstance(content, wire.Audio) and not self._is_speakable(content):
            return EndReason.WRONG_AUDIO
        if not self._bytes.spend(self._cost_bytes(data, content)):
            return EndReason.TOO_MUCH
        match content:
            case None:
                self._broken += 1
                return EndReason.NOT_UNDERSTOOD if self._broken == MAX_BROKEN_MESSAGES else None
            case wire.Message():
                return content if self._messages.spend(1) else EndReason.TOO_MUCH
            case wire.Audio():
                return self._at_our_rate(content)

    def _cost_bytes(self, data: bytes, content: wire.Audio | wire.Message | None) -> float:
        """A second of audio costs the same at every rate."""
        scale = self._rate_hz / content.sample_rate_hz if isinstance(content, wire.Audio) else 1
        return len(data) * scale + MESSAGE_OVERHEAD_BYTES

    def _is_speakable(self, audio: wire.Audio) -> bool:
        if audio.channels != 1 or len(audio.pcm) % BYTES_PER_SAMPLE:
            return False
        taken = LOWEST_RATE_HZ <= audio.sample_rate_hz <= HIGHEST_RATE_HZ if self._takes_other_rates else False
        return taken or audio.sample_rate_hz == self._rate_hz

    def _at_our_rate(self, audio: wire.Audio) -> wire.Audio | None:
        if audio.sample_rate_hz == self._rate_hz:
            return audio
        if self._resampler is None or self._resampler[0] != audio.sample_rate_hz:
            stream = soxr.ResampleStream(audio.sample_rate_hz, self._rate_hz, 1, dtype="int16", quality="MQ")
            self._resampler = (audio.sample_rate_hz, stream)
        samples = self._resampler[1].resample_chunk(np.frombuffer(audio.pcm, "<i2"))
        # It looks a few ms ahead, so that the first messages may give nothing yet.
        return wire.Audio(samples.tobytes(), self._rate_hz) if len(samples) else None
