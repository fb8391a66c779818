"""What callers hear on hold: slow broken chords, made here, so that they are nobody's and fit any telephone."""

from functools import cache

import numpy as np

RATE_HZ = 16_000
NOTE_S = 0.4
# How long a note rings on.
RINGS_S = 1.6
# Some 6 dB below the voice that ships.
LEVEL = 0.2
# C, A minor, F and G, each from its root up and down again, in semitones above A4 (440 Hz): well within a telephone's
# 300 to 3,400 Hz.
CHORDS = ((-9, -5, -2, 3), (-12, -9, -5, 0), (-4, 0, 3, 8), (-2, 2, 5, 10))
ORDER = (0, 1, 2, 3, 2, 1)


@cache
def music() -> bytes:
    """Return 16-bit LE mono at RATE_HZ that can be played over and over."""
    notes = [chord[at] for chord in CHORDS for at in ORDER]
    step = round(NOTE_S * RATE_HZ)
    heard = np.zeros(len(notes) * step)
    for position, semitones in enumerate(notes):
        # What rings on after the end is heard at the beginning.
        at = (position * step + np.arange(round(RINGS_S * RATE_HZ))) % len(heard)
        heard[at] += _note(440 * 2 ** (semitones / 12))
    samples = heard / np.abs(heard).max() * LEVEL * 32_767
    return bytes(samples.astype("<i2").tobytes())


def faded(pcm: bytes, *, to: int) -> bytes:
    """Let 16-bit LE mono grow from silence (`to` 1) or into it (0): music that begins or ends at once clicks."""
    samples = np.frombuffer(pcm, "<i2") * np.linspace(1 - to, to, len(pcm) // 2)
    return bytes(samples.astype("<i2").tobytes())


def _note(frequency_hz: float) -> np.ndarray:
    """A soft stroke: the tone and two overtones, of which each fades sooner."""
    at_s = np.arange(round(RINGS_S * RATE_HZ)) / RATE_HZ
    tone = sum(
        np.sin(2 * np.pi * overtone * frequency_hz * at_s) * np.exp(-3 * overtone * at_s) / overtone**2
        for overtone in (1, 2, 3)
    )
    # Neither the beginning nor the end clicks.
    return np.asarray(tone) * np.minimum(1, at_s / 0.01) * np.minimum(1, (RINGS_S - at_s) / 0.05)
