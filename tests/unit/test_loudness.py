"""That a loudness which is measured late is the one that pipecat measures at once."""

import numpy as np
import pytest
from pipecat.audio.utils import exp_smoothing
from pipecat.audio.volume import AudioVolumeTracker

from pipelines.turns.loudness import SMOOTHING, Loudness

RATE_HZ = 16_000
WINDOW = 512


def windows(count: int) -> list[bytes]:
    """Noise that grows louder and fainter again."""
    level = 3_000 * (1 + np.sin(np.arange(count * WINDOW) / 9_000))
    noise = np.random.default_rng(7).standard_normal(count * WINDOW) * level
    return [noise[at : at + WINDOW].astype("<i2").tobytes() for at in range(0, count * WINDOW, WINDOW)]


def measured_at_once(heard: list[bytes]) -> list[float]:
    """Pipecat's smoothed volume after each window."""
    tracker = AudioVolumeTracker()  # type: ignore[no-untyped-call]  # pipecat declares no return type
    smoothed, volumes = 0.0, []
    for window in heard:
        tracker.update(window, RATE_HZ)
        smoothed = exp_smoothing(tracker.volume, smoothed, SMOOTHING)
        volumes.append(smoothed)
    return volumes


@pytest.mark.parametrize("every", [1, 7, 90])
def test_it_reaches_what_pipecats_reaches(every: int) -> None:
    """However long nobody asked, and whatever for."""
    heard, loudness, answers = windows(400), Loudness(RATE_HZ), set()
    for at, (window, volume) in enumerate(zip(heard, measured_at_once(heard), strict=True)):
        loudness.hear(window)
        if at % every == 0:
            for least in (0.1, volume - 0.001, volume + 0.001, 0.6, 0.8):
                answers.add(volume >= least)
                assert loudness.reaches(least) is (volume >= least), (at, least)
    assert answers == {True, False}
