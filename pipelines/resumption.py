"""Coming back: who loses the network, or their process, may take up the same conversation for a while, with a token.

At any time one token opens a conversation, once. Where all processes find it, only its hash is kept.
"""

import asyncio
import hmac
from collections.abc import Callable
from typing import Protocol

from auth.tokens import opaque


class Keeper(Protocol):
    """Where all processes find one conversation's token; bounded, and never raises."""

    async def keep(self, token_sha256: bytes | None) -> None:
        """Keep the token in place of the one before; None: nothing opens it any more."""

    async def let_go(self) -> bool:
        """Give the conversation to whichever process the token is shown to.

        False when that cannot be done, or another process has taken it.
        """


class NobodyElse:
    """There is no other process."""

    async def keep(self, token_sha256: bytes | None) -> None:
        """Do nothing."""

    async def let_go(self) -> bool:
        """Refuse."""
        return False


class Resumption:
    """One session's way back; no door's affair, so every door may use it.

    After the network was lost the session waits `within_s` for its caller. `token` opens it now: 43 characters of
    base64url. `movable`: a carrier leads the caller to another process, without a token. `wanted_elsewhere`: one has
    asked for it.
    """

    def __init__(self, *, within_s: float, keeper: Keeper | None = None) -> None:
        self.within_s = within_s
        self.movable = False
        self.token: str | None = None
        self.wanted_elsewhere = False
        self.let_go = asyncio.Event()
        self._keeper = keeper or NobodyElse()
        self._giving_up: asyncio.TimerHandle | None = None

    async def issue(self) -> str:
        """Return a new token; the one before is worthless from now on."""
        self.token = token = opaque.fresh()
        await self._keeper.keep(opaque.digest(token))
        return token

    def matches(self, token_sha256: bytes) -> bool:
        """Whether this is the hash of the token."""
        return self.token is not None and hmac.compare_digest(opaque.digest(self.token), token_sha256)

    @property
    def waiting(self) -> bool:
        """Whether the caller is away."""
        return self._giving_up is not None

    def wait(self, give_up: Callable[[], None]) -> bool:
        """The caller is away: `give_up` unless they are back in time. False if they have no token to come back with."""
        if self.token is None or not self.within_s:
            return False
        self.stop_waiting()
        self._giving_up = asyncio.get_running_loop().call_later(self.within_s, give_up)
        return True

    def use(self) -> None:
        """The token was shown: it is worthless now, and nobody gives up any more."""
        self.token = None
        self.stop_waiting()

    async def forget(self) -> None:
        """Tell the other processes, too, that it was used."""
        await self._keeper.keep(None)

    def want_elsewhere(self) -> None:
        """The token was shown to another process, which uses it up once it has the conversation."""
        self.wanted_elsewhere = True
        self.use()

    async def hand_off(self) -> bool:
        """Let another process have the conversation, all of which is on record by now; whether one may."""
        try:
            return await self._keeper.let_go()
        finally:
            self.let_go.set()

    def stop_waiting(self) -> None:
        """Whatever happens next, it does not come from here."""
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
