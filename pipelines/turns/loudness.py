"""Whether it is loud enough for speech, measured only when somebody asks.

A voice detector asks for a loudness (ITU-R BS.1770, over 400 ms, smoothed) and a voice; measuring takes 50 to 80 µs a
window, and most hold no voice. So audio is kept, and when a window does hold one, those before it are measured from
the newest on until those left could not change the answer: about ten after a silence, one while a voice lasts.
"""

import math
from collections import deque

from pipecat.audio.utils import calculate_audio_volume
from pipecat.audio.volume import VOLUME_WINDOW_SECS

from pipelines.limits import BYTES_PER_SAMPLE

# pipecat's own for its voice detector.
SMOOTHING = 0.2
# What is older weighs less than a thousandth, 0.8 to the power of 40, and counts as silence.
WINDOWS = 40


class Loudness:
    """Of one caller: 16-bit LE mono at this rate, in windows of equal length."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._block_bytes = math.ceil(VOLUME_WINDOW_SECS * sample_rate_hz) * BYTES_PER_SAMPLE
        self._heard = bytearray()
        self._window_bytes = 0
        # Of the last windows, the newest first; None where it was not measured.
        self._volumes: deque[float | None] = deque(maxlen=WINDOWS)

    def hear(self, window: bytes) -> None:
        """Keep one more window."""
        self._heard += window
        self._window_bytes = len(window)
        self._volumes.appendleft(None)
        kept = self._block_bytes + (WINDOWS - 1) * self._window_bytes
        if len(self._heard) > 2 * kept:
            del self._heard[: len(self._heard) - kept]

    def reaches(self, least: float) -> bool:
        """Whether it is at least so loud after the last window, on a scale from 0 to 1: -110 to -10 LUFS, smoothed."""
        volume, rest = 0.0, 1.0
        for behind in range(len(self._volumes)):
            volume += SMOOTHING * rest * self._volume(behind)
            rest *= 1 - SMOOTHING
            if volume >= least:
                return True
            if volume + rest < least:
                return False
        return False

    def _volume(self, behind: int) -> float:
        """How loud the block was that ended so many windows ago; of less than a whole block there is no loudness."""
        volume = self._volumes[behind]
        if volume is None:
            end = len(self._heard) - behind * self._window_bytes
            block = memoryview(self._heard)[max(0, end - self._block_bytes) : end]
            whole = len(block) == self._block_bytes
            volume = calculate_audio_volume(block, self._sample_rate_hz) if whole else 0.0
            self._volumes[behind] = volume
        return volume
