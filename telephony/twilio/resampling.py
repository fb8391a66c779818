"""From the telephone's rate to the pipeline's and back, within two milliseconds.

Between 8 and 16 kHz, soxr holds back 60 ms of a stream at the median and 115 at most, in each direction: it filters by
the block. FFmpeg's filter is 32 samples long, and lets nothing through that is louder than -50 dB where it should not
be.
"""

from av import AudioFrame, AudioResampler

from pipelines.limits import BYTES_PER_SAMPLE


class Resampler:
    """One direction of one call: it remembers what came before."""

    def __init__(self, *, from_hz: int, to_hz: int) -> None:
        self._from_hz = from_hz
        self._resampler = AudioResampler(format="s16", layout="mono", rate=to_hz) if from_hz != to_hz else None

    def resampled(self, pcm: bytes) -> bytes:
        """Return what can be said so far, as 16-bit LE mono like `pcm`; it may be nothing."""
        if self._resampler is None or not pcm:
            return pcm
        frame = AudioFrame(format="s16", layout="mono", samples=len(pcm) // BYTES_PER_SAMPLE)
        frame.sample_rate = self._from_hz
        frame.planes[0].update(pcm)
        return b"".join(
            bytes(part.planes[0])[: part.samples * BYTES_PER_SAMPLE] for part in self._resampler.resample(frame)
        )
