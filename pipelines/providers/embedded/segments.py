"""Cut a caller's audio into the stretches that a speech model is asked to read."""

import numpy as np
import soxr
from numpy.typing import NDArray

MODEL_RATE_HZ = 16_000
SEGMENT_MAX_S = 15.0
# Anything shorter is a click; asked what it says, a speech model invents words.
AUDIO_MIN_S = 0.1
# The VAD needs 0.2 s of voice before it calls it speech, and a soft first consonant comes earlier still.
PRE_ROLL_S = 0.5
# How far back from the end of a full segment to look for a pause.
SPLIT_SEARCH_S = 5.0

_BYTES_PER_SAMPLE = 2
_SPLIT_WINDOW_S = 0.1


class SpeechBuffer:
    """One caller's audio: the moment before speech while quiet, everything since while speaking.

    pcm: 16-bit LE mono at `sample_rate_hz`. It never holds more than SEGMENT_MAX_S seconds and one frame.
    """

    def __init__(self, *, sample_rate_hz: int) -> None:
        self._pre_roll_bytes = int(PRE_ROLL_S * sample_rate_hz) * _BYTES_PER_SAMPLE
        self._segment_max_bytes = int(SEGMENT_MAX_S * sample_rate_hz) * _BYTES_PER_SAMPLE
        self._sample_rate_hz = sample_rate_hz
        self._pcm = bytearray()
        self.speaking = False

    def append(self, pcm: bytes) -> bytes | None:
        """Keep `pcm`. Return the first part of a speech that has outgrown one segment, cut where it is quietest."""
        self._pcm += pcm
        if not self.speaking:
            del self._pcm[: -self._pre_roll_bytes]
            return None
        if len(self._pcm) < self._segment_max_bytes:
            return None
        return self._take(quietest_point(bytes(self._pcm), sample_rate_hz=self._sample_rate_hz))

    def start(self) -> None:
        """Keep everything from here on: the caller speaks."""
        self.speaking = True

    def stop(self) -> bytes:
        """Return what was said since `start`, or since the last cut, with the pre-roll before it."""
        self.speaking = False
        return self._take(len(self._pcm))

    @property
    def seconds(self) -> float:
        """How much audio there is."""
        return len(self._pcm) / _BYTES_PER_SAMPLE / self._sample_rate_hz

    def so_far(self) -> bytes:
        """Return what `stop` would return now."""
        return bytes(self._pcm)

    def _take(self, size: int) -> bytes:
        segment = bytes(self._pcm[:size])
        del self._pcm[:size]
        return segment


def quietest_point(pcm: bytes, *, sample_rate_hz: int) -> int:
    """Return the byte offset of the middle of the quietest 0.1 s within the last SPLIT_SEARCH_S seconds.

    pcm: 16-bit LE mono, longer than SPLIT_SEARCH_S seconds.
    """
    samples = np.frombuffer(pcm, np.int16).astype(np.float32)
    window = int(_SPLIT_WINDOW_S * sample_rate_hz)
    start = len(samples) - int(SPLIT_SEARCH_S * sample_rate_hz)
    energy = np.convolve(np.square(samples[start:]), np.ones(window, np.float32), mode="valid")
    return (start + int(energy.argmin()) + window // 2) * _BYTES_PER_SAMPLE


def model_samples(pcm: bytes, *, sample_rate_hz: int) -> NDArray[np.float32]:
    """Return `pcm` (16-bit LE mono) as the models want it: float32 in [-1, 1) at 16 kHz."""
    samples = np.asarray(np.frombuffer(pcm, np.int16) / 32768, np.float32)
    if sample_rate_hz == MODEL_RATE_HZ:
        return samples
    return np.asarray(soxr.resample(samples, sample_rate_hz, MODEL_RATE_HZ), np.float32)
