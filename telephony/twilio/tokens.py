"""What opens a media stream: one token for one stream of one call, that whoever asks again gets again.

Twilio asks twice when an answer is lost, and must be told the same. So a token is computed and not stored: from the
call, its CallSid and the number of streams before. The row counts those, and each token opens only the next.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

from telephony.calls import Call, CallId


class StreamTokens:
    """Makes and reads them with a key of ours."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, call: Call, *, streams: int) -> str:
        """The token for the stream that follows `streams` others of a call that has its CallSid."""
        about = f"{call.id}.{streams}"
        return f"{about}.{self._mac(about, call.provider_call_id or '')}"

    def read(self, token: str, call_sid: str) -> tuple[CallId, int] | None:
        """Return the call and the number of streams before this one; None unless the token is this call's."""
        about, _, mac = token.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(about, call_sid).encode()):
            return None
        call_id, _, streams = about.partition(".")
        return CallId(UUID(call_id)), int(streams)

    def _mac(self, about: str, call_sid: str) -> str:
        digest = hmac.new(self._key, f"{about}\0{call_sid}".encode(), sha256).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")
