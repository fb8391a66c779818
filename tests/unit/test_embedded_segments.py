"""Where a caller's audio is cut."""

import numpy as np
import pytest

from pipelines.providers.embedded.segments import PRE_ROLL_S, SEGMENT_MAX_S, SpeechBuffer, model_samples, quietest_point

RATE_HZ = 8_000
FRAME_S = 0.02


def tone(seconds: float, *, level: int = 8_000, rate_hz: int = RATE_HZ) -> bytes:
    """16-bit mono noise that stands for a voice."""
    return np.random.default_rng(0).integers(-level, level + 1, int(seconds * rate_hz), np.int16).tobytes()


def feed(buffer: SpeechBuffer, pcm: bytes) -> list[bytes]:
    """Append `pcm` in 20 ms frames; return the segments that were cut on the way."""
    size = int(FRAME_S * RATE_HZ) * 2
    cut = (buffer.append(pcm[start : start + size]) for start in range(0, len(pcm), size))
    return [segment for segment in cut if segment]


def test_segment_begins_before_the_vad_noticed() -> None:
    """The half-second before the VAD's decision belongs to the segment, so the first sound is not lost."""
    buffer = SpeechBuffer(sample_rate_hz=RATE_HZ)
    before, speech = tone(2), tone(1, level=4_000)
    assert feed(buffer, before) == []
    buffer.start()
    assert feed(buffer, speech) == []
    assert buffer.stop() == before[-int(PRE_ROLL_S * RATE_HZ) * 2 :] + speech


def test_speech_is_given_out_once() -> None:
    """A second stretch of speech does not repeat the end of the first."""
    buffer = SpeechBuffer(sample_rate_hz=RATE_HZ)
    buffer.start()
    feed(buffer, tone(1))
    buffer.stop()
    buffer.start()
    assert buffer.stop() == b""


def test_endless_speech_is_cut_in_its_pauses() -> None:
    """A speech longer than one segment is cut where it is quietest, and nothing of it is lost."""
    buffer = SpeechBuffer(sample_rate_hz=RATE_HZ)
    speech = tone(12) + tone(0.4, level=20) + tone(10)
    buffer.start()
    (first,) = feed(buffer, speech)
    assert 12 <= len(first) / 2 / RATE_HZ <= 12.4
    assert first + buffer.stop() == speech


def test_memory_is_bounded() -> None:
    """Neither an hour of silence nor one of speech makes the buffer grow."""
    buffer = SpeechBuffer(sample_rate_hz=RATE_HZ)
    feed(buffer, tone(30))
    assert len(buffer.stop()) == int(PRE_ROLL_S * RATE_HZ) * 2
    buffer.start()
    assert all(len(segment) / 2 / RATE_HZ <= SEGMENT_MAX_S + FRAME_S for segment in feed(buffer, tone(60)))
    assert len(buffer.stop()) / 2 / RATE_HZ <= SEGMENT_MAX_S


def test_quietest_point_is_a_whole_sample() -> None:
    """A cut never falls inside a 16-bit sample."""
    assert quietest_point(tone(6), sample_rate_hz=RATE_HZ) % 2 == 0


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_models_hear_16_khz(rate_hz: int) -> None:
    """Either wire rate reaches the models as float32 at 16 kHz."""
    samples = model_samples(tone(1, rate_hz=rate_hz), sample_rate_hz=rate_hz)
    assert samples.dtype == np.float32
    assert len(samples) == 16_000
    assert 0.1 < np.abs(samples).max() < 1
