"""Nothing is believed that Daily has not signed, and nothing for longer than a few minutes.

https://docs.daily.co/docs/guides/features/dial-in-dial-out/sip-interconnect-pinless
"""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from multidict import MultiMapping

SIGNATURE = "X-Pinless-Signature"
TIMESTAMP = "X-Pinless-Timestamp"
REPLAY_WINDOW = timedelta(minutes=5)
# Daily's own examples sign seconds, its calls milliseconds. As seconds this would be the year 5138.
MILLISECONDS_FROM = 100_000_000_000
MAX_DIGITS = 15


class PinlessSignatures:
    """Checks webhooks with a key of ours, which Daily is given with each number."""

    def __init__(self, key: bytes, *, now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now

    @property
    def secret(self) -> str:
        """The key as Daily takes it."""
        return base64.b64encode(self._key).decode()

    def good(self, headers: MultiMapping[str], body: bytes) -> bool:
        """Whether Daily has sent exactly this body within REPLAY_WINDOW."""
        given, stamps = headers.getall(SIGNATURE, []), headers.getall(TIMESTAMP, [])
        if len(given) != 1 or len(stamps) != 1 or not given[0].isascii():
            return False
        stamp = stamps[0]
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= MAX_DIGITS):
            return False
        return hmac.compare_digest(given[0], self.sign(stamp, body)) and self._is_fresh(int(stamp))

    def sign(self, timestamp: str, body: bytes) -> str:
        """The signature of a body that is sent at this time."""
        digest = hmac.digest(self._key, timestamp.encode() + b"." + body, "sha256")
        return base64.b64encode(digest).decode()

    def _is_fresh(self, stamp: int) -> bool:
        seconds = stamp / 1000 if stamp >= MILLISECONDS_FROM else stamp
        return abs(self._now().timestamp() - seconds) <= REPLAY_WINDOW.total_seconds()
