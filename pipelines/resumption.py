"""Coming back: who loses the network may take up the same conversation, for a while and with a token."""

import asyncio
import hmac
from collections.abc import Callable

from auth.tokens import opaque


class Resumption:
    """One session's way back. At any time one token opens it, once; only its hash is kept, in this process.

    After the network was lost the session waits `within_s` for its caller; no door's affair, so every door may use it.
    """

    def __init__(self, *, within_s: float) -> None:
        self.within_s = within_s
        self._token_sha256: bytes | None = None
        self._giving_up: asyncio.TimerHandle | None = None

    def issue(self) -> str:
        """Return a new token, 43 characters of base64url; the one before is worthless from now on."""
        token = opaque.fresh()
        self._token_sha256 = opaque.digest(token)
        return token

    def matches(self, token: str) -> bool:
        """Whether this is the token."""
        return self._token_sha256 is not None and hmac.compare_digest(self._token_sha256, opaque.digest(token))

    @property
    def waiting(self) -> bool:
        """Whether the caller is away."""
        return self._giving_up is not None

    def wait(self, give_up: Callable[[], None]) -> bool:
        """The caller is away: `give_up` unless they are back in time. False if they have no token to come back with."""
        if self._token_sha256 is None or not self.within_s:
            return False
        self.stop_waiting()
        self._giving_up = asyncio.get_running_loop().call_later(self.within_s, give_up)
        return True

    def use(self) -> None:
        """The token was shown: it is worthless now, and nobody gives up any more."""
        self._token_sha256 = None
        self.stop_waiting()

    def stop_waiting(self) -> None:
        """Whatever happens next, it does not come from here."""
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
