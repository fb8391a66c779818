"""How much of what was sent has been heard, as the marks that come back tell."""

import math
from collections import deque

MARK_EVERY_S = 0.2
# Chunks come a little late now and then; so long without any, and nothing was being said.
PAUSE_S = 0.1
# Marks that never come back must not pile up: half a minute of them.
MAX_WAITING = 150


class Playback:
    """Follows one stream. Times are seconds of one monotonic clock.

    Audio that is sent ahead ends later than it is sent. A mark comes back once all before it was played: how much later
    than that should have ended is how far the caller's ear is behind us.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, float]] = deque(maxlen=MAX_WAITING)
        self._since_mark_s = 0.0
        self._names = 0
        self._lag_s = 0.0
        # Of the audio that is sent without a pause.
        self._began_s = self._ends_s = -math.inf

    def sent(self, duration_s: float, *, at_s: float) -> str | None:
        """Note audio that was sent; return the name of a mark to send after it, if one is due."""
        if at_s > self._ends_s + PAUSE_S:
            self._began_s = at_s
        self._ends_s = max(at_s, self._ends_s) + duration_s
        self._since_mark_s += duration_s
        # Chunks add up to a little less than what they should.
        if self._since_mark_s < MARK_EVERY_S - duration_s / 2:
            return None
        return self.mark(at_s=at_s)

    def mark(self, *, at_s: float) -> str:
        """Return the name of a mark to send now."""
        self._since_mark_s = 0.0
        self._names += 1
        name = str(self._names)
        self._waiting.append((name, max(at_s, self._ends_s)))
        return name

    def returned(self, name: str, *, at_s: float) -> bool:
        """Note a mark that came back; False for one that was never sent, or was cleared."""
        if all(name != waiting for waiting, _ in self._waiting):
            return False
        while self._waiting:
            waiting, ends_s = self._waiting.popleft()
            if waiting == name:
                self._lag_s = at_s - ends_s
                break
        return True

    def unheard_s(self, *, at_s: float) -> float:
        """How much of what was sent last has not been heard yet."""
        overdue_s = at_s - self._waiting[0][1] if self._waiting else 0.0
        behind_s = max(0.0, self._lag_s, overdue_s)
        return max(0.0, self._ends_s - max(self._began_s, at_s - behind_s))

    def cleared(self) -> None:
        """What was not heard is gone; marks of it that still come back say nothing."""
        self._waiting.clear()
        self._since_mark_s = 0.0
        self._began_s = self._ends_s = -math.inf

    @property
    def all_heard(self) -> bool:
        """Whether every mark has come back."""
        return not self._waiting
