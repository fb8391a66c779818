"""The caller's ear: plays what the server sends in real time, and complains about what Twilio would not take."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field

from telephony.twilio.messages import FRAME_BYTES, FRAME_MS

FRAME_S = FRAME_MS / 1000
# More is refused with error 31931.
MAX_BUFFERED_S = 600
# Speech that goes on after a shorter silence was late; a longer one is a pause between sentences.
LATE_AT_MOST_S = 0.2


@dataclass
class ProtocolBroken(Exception):
    """The server did what Twilio would not take; `what` says it."""

    what: str

    def __str__(self) -> str:
        return self.what


@dataclass
class Closed(ProtocolBroken):
    """The server has closed the stream before it said anything."""

    what: str = "the stream was closed without an answer"


@dataclass(slots=True)
class _Played:
    """Audio that was sent to us, and when it is heard."""

    begins_s: float
    ulaw: bytes

    @property
    def ends_s(self) -> float:
        return self.begins_s + len(self.ulaw) / FRAME_BYTES * FRAME_S


@dataclass(slots=True)
class Heard:
    """What the caller has heard, in order; all times are of the monotonic clock."""

    played: list[_Played] = field(default_factory=list)
    clears_s: list[float] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    gaps_s: list[float] = field(default_factory=list)

    @property
    def until_s(self) -> float:
        """When the last of it ends."""
        return self.played[-1].ends_s if self.played else 0.0

    def ulaw(self, *, since_s: float = 0.0) -> bytes:
        """The audio that begins after a moment, without the pauses."""
        return b"".join(each.ulaw for each in self.played if each.begins_s >= since_s)

    def play(self, payload: str, now_s: float) -> None:
        """Play base64 of µ-law once all before it was heard. Raises ProtocolBroken."""
        late_s = now_s - self.until_s
        if self.played and 0 < late_s < LATE_AT_MOST_S:
            self.gaps_s.append(late_s)
        self.played.append(_Played(max(now_s, self.until_s), _decoded(payload)))
        if self.until_s - now_s > MAX_BUFFERED_S:
            raise ProtocolBroken("more audio than can be kept")

    def clear(self, now_s: float) -> None:
        """What has not been heard is gone."""
        self.clears_s.append(now_s)
        self.played = [each for each in self.played if each.begins_s <= now_s]


def _decoded(payload: str) -> bytes:
    try:
        return b64decode(payload, validate=True)
    except Base64Error:
        raise ProtocolBroken("a payload that is no base64") from None
