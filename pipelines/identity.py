"""Who is on the line, and until when that is proven."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from auth.errors import AccessTokenExpired, InvalidAccessToken
from auth.principals import Principal

Verify = Callable[[str], Awaitable[Principal]]


class TokenRefused(Exception):
    """An access token that is not valid, or that somebody else signed in for."""


class Identity:
    """One caller's proof of who they are. A newer access token of the same sign-in prolongs it."""

    def __init__(self, principal: Principal, *, verify: Verify) -> None:
        self.principal = principal
        self._verify = verify
        self._renewed = asyncio.Event()

    @property
    def expires_at(self) -> datetime:
        """When the newest token ends (aware, UTC)."""
        return self.principal.expires_at

    async def renew(self, token: str) -> datetime:
        """Prolong by an access token, and return the new end. Raises TokenRefused."""
        try:
            newer = await self._verify(token)
        except (AccessTokenExpired, InvalidAccessToken) as error:
            raise TokenRefused from error
        self.prolong(newer)
        return self.expires_at

    def prolong(self, newer: Principal) -> None:
        """Take over what another token of this sign-in proved. Raises TokenRefused."""
        if not self.is_of(newer):
            raise TokenRefused
        if newer.expires_at > self.expires_at:
            self.principal = newer
            self._renewed.set()

    def is_of(self, other: Principal) -> bool:
        """Whether this is the same principal, signed in the same time."""
        mine = self.principal
        return (mine.kind, mine.id, mine.session_id) == (other.kind, other.id, other.session_id)

    async def outlasts(self, moment: datetime) -> None:
        """Wait until a token came that ends later than `moment`."""
        while self.expires_at <= moment:
            self._renewed.clear()
            await self._renewed.wait()
