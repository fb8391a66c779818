"""What callers on hold hear: it loops and ends without a click, and fits a telephone."""

import numpy as np

from pipelines.hold import CHUNK_BYTES
from pipelines.hold_music import RATE_HZ, faded, music


def samples(pcm: bytes) -> np.ndarray:
    """16-bit LE mono as numbers."""
    return np.frombuffer(pcm, "<i2").astype(float)


def test_it_goes_on_where_it_ends() -> None:
    """From the last sample to the first it moves no more than within, and whole chunks make a round."""
    heard = samples(music())
    assert abs(heard[0] - heard[-1]) <= np.abs(np.diff(heard)).max() / 2
    assert len(music()) % CHUNK_BYTES == 0


def test_a_telephone_carries_it() -> None:
    """Hardly anything of it lies where a telephone is deaf, and none is louder than a voice."""
    heard = samples(music())
    power = np.abs(np.fft.rfft(heard)) ** 2
    frequency_hz = np.fft.rfftfreq(len(heard), 1 / RATE_HZ)
    carried = (frequency_hz > 200) & (frequency_hz < 3_400)
    assert power[carried].sum() > 0.99 * power.sum()
    assert 400 < np.sqrt(np.mean(heard**2)) < 3_000


def test_it_begins_and_ends_in_silence() -> None:
    """Whenever that is."""
    chunk = music()[:CHUNK_BYTES]
    began, ended = samples(faded(chunk, to=1)), samples(faded(chunk, to=0))
    assert (began[0], ended[-1]) == (0, 0)
    assert (began[-1], ended[0]) == (samples(chunk)[-1], samples(chunk)[0])
