"""Bring a caller's packets into order without waiting longer than it is worth.

aiortc takes audio for video, whose frames have several packets: it keeps each packet back until the next one is
there, loses the one before each lost packet as well, and after the first loss stays 320 ms late for good.
"""

from aiortc.jitterbuffer import MAX_MISORDER, JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add, uint16_gt

# So many later packets (60 ms) may come before a missing one counts as lost. Packets overtake each other by one or two;
# where they do so by more, each that comes too late makes us wait for the next ones longer, up to 160 ms.
PATIENCE_PACKETS = 3
MOST_PATIENCE_PACKETS = 8
MAX_NUMBER = 0xFFFF


class InOrder:
    """In place of aiortc's JitterBuffer: each packet is a whole frame (RFC 7587, section 4.2)."""

    def __init__(self, *, patience: int = PATIENCE_PACKETS) -> None:
        self._patience = patience
        self._next: int | None = None
        self._early: dict[int, RtpPacket] = {}

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet and return the next frame, if its turn has come; the first value is for video alone."""
        number = packet.sequence_number
        if self._next is None or MAX_MISORDER < _distance(number, self._next) <= MAX_NUMBER // 2:
            # The first of all, or of a sender that has begun anew.
            self._next, self._early = number, {}
        if uint16_gt(self._next, number):
            self._patience = min(self._patience + 1, MOST_PATIENCE_PACKETS)
            return False, None
        self._early[number] = packet
        if self._next not in self._early and len(self._early) > self._patience:
            expected = self._next
            self._next = min(self._early, key=lambda early: _distance(expected, early))
        found = self._early.pop(self._next, None)
        if found is None:
            return False, None
        self._next = uint16_add(self._next, 1)
        return False, JitterFrame(found._data, found.timestamp)  # type: ignore[attr-defined]  # noqa: SLF001 - where aiortc's receiver puts it


def _distance(earlier: int, later: int) -> int:
    """How far numbers of 16 bits lie apart, over their end and round again."""
    return uint16_add(later, -earlier)
