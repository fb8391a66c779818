"""Who is on the line, and until when that is proven."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth.errors import AccessTokenExpired, InvalidAccessToken
from auth.principals import Principal, SessionId

Verify = Callable[[str], Awaitable[Principal]]


class TokenRefused(Exception):
    """An access token that is not valid, or that somebody else signed in for."""


class Identity:
    """One caller's proof of who they are. A newer access token of the same sign-in prolongs it."""

    may_resume = True

    def __init__(self, principal: Principal, *, verify: Verify) -> None:
        self.principal = principal
        self._verify = verify
        self._renewed = asyncio.Event()

    @property
    def id(self) -> UUID:
        """Whose conversations are counted together."""
        return self.principal.id

    @property
    def session_id(self) -> SessionId | None:
        """The sign-in with which the conversation ends."""
        return self.principal.session_id

    @property
    def expires_at(self) -> datetime | None:
        """When the newest token ends (aware, UTC)."""
        return self.principal.expires_at

    async def renew(self, token: str) -> datetime:
        """Prolong by an access token, and return the new end. Raises TokenRefused."""
        try:
            newer = await self._verify(token)
        except (AccessTokenExpired, InvalidAccessToken) as error:
            raise TokenRefused from error
        self.prolong(newer)
        return self.principal.expires_at

    def prolong(self, newer: "Principal | Guest") -> None:
        """Take over what another token of this sign-in proved. Raises TokenRefused."""
        if not isinstance(newer, Principal) or not self.is_of(newer):
            raise TokenRefused
        if newer.expires_at > self.principal.expires_at:
            self.principal = newer
            self._renewed.set()

    def is_of(self, other: "Principal | Guest") -> bool:
        """Whether this is the same principal, signed in the same time."""
        if not isinstance(other, Principal):
            return False
        mine = self.principal
        return (mine.kind, mine.id, mine.session_id) == (other.kind, other.id, other.session_id)

    async def outlasts(self, moment: datetime) -> None:
        """Wait until a token came that ends later than `moment`."""
        while self.principal.expires_at <= moment:
            self._renewed.clear()
            await self._renewed.wait()


@dataclass(frozen=True, slots=True)
class Guest:
    """A caller without an account: nothing of theirs ends, is renewed or can be revoked. Made by `Guests`.

    `may_resume`: the door gives them a way back into a conversation whose network was lost.
    """

    id: UUID
    may_resume: bool = False

    @property
    def session_id(self) -> SessionId | None:
        """They have signed in to nothing."""
        return None

    @property
    def expires_at(self) -> datetime | None:
        """Nothing ends."""
        return None

    async def renew(self, _token: str) -> datetime:
        """There is nothing to prolong. Raises TokenRefused."""
        raise TokenRefused

    def prolong(self, newer: "Principal | Guest") -> None:
        """Let nobody but the guest in. Raises TokenRefused."""
        if not self.is_of(newer):
            raise TokenRefused

    async def outlasts(self, _moment: datetime) -> None:
        """They do already."""

    def is_of(self, other: "Principal | Guest") -> bool:
        """Whether this is the same guest."""
        return isinstance(other, Guest) and other.id == self.id


Caller = Identity | Guest


class Guests:
    """Knows callers again without an account, by a number or a visitor's id; `key` keeps both from being guessed."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def known_by(self, kind: str, name: str, *, may_resume: bool = False) -> Guest:
        """Return the guest of this name; names of different kinds never meet."""
        mac = hmac.new(self._key, f"{kind}\0{name}".encode(), hashlib.sha256)
        return Guest(UUID(bytes=mac.digest()[:16], version=4), may_resume)
