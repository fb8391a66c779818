"""The shape of spoken audio."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.providers.embedded.speech import VOICE_RATE_HZ, trim
from pipelines.providers.embedded.tts import audio_frames


@given(samples=st.integers(0, 10_000), sample_rate_hz=st.sampled_from([8_000, 16_000]))
def test_audio_leaves_in_whole_wire_frames(samples: int, sample_rate_hz: int) -> None:
    """Each frame is a multiple of 20 ms and at most 100 ms; only silence is added."""
    pcm = bytes([1, 2]) * samples
    frames = list(audio_frames(pcm, sample_rate_hz=sample_rate_hz))
    frame_20_ms = sample_rate_hz // 50 * 2
    assert all(len(frame) % frame_20_ms == 0 and len(frame) <= 5 * frame_20_ms for frame in frames)
    joined = b"".join(frames)
    assert joined[: len(pcm)] == pcm
    assert not any(joined[len(pcm) :])
    assert len(joined) - len(pcm) < frame_20_ms


def test_silence_around_a_sentence_is_trimmed() -> None:
    """Only a breath of the voice's leading and trailing silence stays."""
    silence = np.zeros(VOICE_RATE_HZ // 2, np.float32)
    word = np.full(VOICE_RATE_HZ, 0.2, np.float32)
    assert len(trim(np.concatenate([silence, word, silence]))) / VOICE_RATE_HZ == pytest.approx(1.04, abs=0.001)
    assert len(trim(silence)) == 0
