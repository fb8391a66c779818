"""Tokens that go out by mail: opaque, stored as SHA-256, good once and for a short time.

One table serves them all. What a token proves is that whoever brings it reads the mail of `email`; what it is for is
its `purpose`, and for anything else it is worth nothing.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from auth.errors import LinkInvalid
from auth.mail.link_queries import Held, MailTokenQueries, Proof, Purpose
from auth.tokens import opaque

# A new password is chosen now; an address is confirmed whenever the mail is read.
TTL = {Purpose.RESET_PASSWORD: timedelta(minutes=30), Purpose.VERIFY_EMAIL: timedelta(hours=24)}


class MailTokens:
    """The mailed tokens of one kind of principal."""

    def __init__(self, queries: MailTokenQueries, *, now: Callable[[], datetime]) -> None:
        self._queries = queries
        self._now = now

    async def issue(self, purpose: Purpose, proof: Proof) -> str | None:
        """Return a token that proves it, to be mailed to that address; None if the account is gone.

        Earlier ones stay good, so that a stranger who asks cannot spoil the owner's.
        """
        token = opaque.fresh()
        now = self._now()
        kept = await self._queries.add(opaque.digest(token), purpose, proof, now=now, expires_at=now + TTL[purpose])
        return token if kept else None

    async def look_at(self, purpose: Purpose, token: str) -> Proof:
        """Return what the token proves, and leave it good. Raises LinkInvalid."""
        proof = await self._queries.find(opaque.digest(token), purpose, now=self._now())
        if proof is None:
            raise LinkInvalid
        return proof

    @asynccontextmanager
    async def use(self, purpose: Purpose, token: str) -> AsyncIterator[Held]:
        """Use the token up for what happens in the block; it stays good if that raises. Raises LinkInvalid.

        Of two that try at once, one gets it.
        """
        async with self._queries.take(opaque.digest(token), purpose, now=self._now()) as held:
            if held is None:
                raise LinkInvalid
            yield held
