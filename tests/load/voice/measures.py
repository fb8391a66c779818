"""What load tests note of a conversation, and the figures made of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

# A longer silence is no late frame: the assistant has finished, or holds its breath because somebody speaks.
NEW_RUN_S = 0.25
# What a player with a buffer of three frames of 20 ms would have had to fill with silence.
MISSED_S = 0.06


class Lateness:
    """How much later each frame of audio comes than the earliest of its run promised.

    A player that began with the earliest frame would run dry after a buffer of that length.
    """

    def __init__(self) -> None:
        self._last_s = -NEW_RUN_S
        self._played_s = 0.0
        self._anchor_s = 0.0

    def of(self, at_s: float, *, duration_s: float) -> float:
        """Return how late the frame is that came at `at_s`; 0 for the first of a run."""
        if at_s - self._last_s >= NEW_RUN_S:
            self._played_s, self._anchor_s = 0.0, at_s
        self._last_s = at_s
        began_s = at_s - self._played_s
        self._anchor_s = min(self._anchor_s, began_s)
        self._played_s += duration_s
        return began_s - self._anchor_s


@dataclass(slots=True)
class Noted:
    """What all conversations of one step noted; times in ms, audio lengths in s."""

    lateness_ms: list[float] = field(default_factory=list)
    voice_to_voice_ms: list[float] = field(default_factory=list)
    barge_in_ms: list[float] = field(default_factory=list)
    start_ms: list[float] = field(default_factory=list)
    stages_ms: dict[str, list[float]] = field(default_factory=dict)
    missed: int = 0
    admitted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def frame(self, late_s: float) -> None:
        """Note a frame of audio."""
        self.lateness_ms.append(late_s * 1000)
        self.missed += late_s > MISSED_S

    def stages(self, latency_ms: dict[str, int | None]) -> None:
        """Note when an answer reached each stage, as the server has told it."""
        for stage, reached_ms in latency_ms.items():
            if reached_ms is not None:
                self.stages_ms.setdefault(stage, []).append(reached_ms)

    def figures(self) -> dict[str, object]:
        """Percentiles and counts."""
        return {
            "admitted": self.admitted,
            "refused": dict(self.refused),
            "errors": dict(self.errors),
            "frames": len(self.lateness_ms),
            "frames_late_10_ms": sum(late_ms > 10 for late_ms in self.lateness_ms),
            "frames_missed": self.missed,
            "lateness_ms": percentiles(self.lateness_ms, digits=1),
            "voice_to_voice_ms": percentiles(self.voice_to_voice_ms),
            "barge_in_ms": percentiles(self.barge_in_ms),
            "start_ms": percentiles(self.start_ms),
            "stages_ms": {stage: percentiles(reached_ms) for stage, reached_ms in self.stages_ms.items()},
        }


def percentiles(values: Sequence[float], *, digits: int = 0) -> dict[str, float] | None:
    """p50, p95 and p99; None of nothing."""
    if not values:
        return None
    found = np.percentile(np.asarray(values), (50, 95, 99))
    return {"n": len(values)} | {
        name: round(float(value), digits) for name, value in zip(("p50", "p95", "p99"), found, strict=True)
    }
