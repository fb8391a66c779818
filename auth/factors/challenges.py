"""Challenges: random, for one purpose, tried five times at most, for five minutes, and stored only as hashes.

A challenge is what a client must bring to go on after its password, and also what a passkey signs: so an assertion is
worth as much as the challenge it answers, and can be neither replayed nor used for another purpose.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from auth.factors.errors import ChallengeOver
from auth.principals import SessionId
from auth.tokens import opaque

TTL = timedelta(minutes=5)
MAX_TRIES = 5


class Purpose(StrEnum):
    """What a challenge is good for."""

    LOGIN = "login"
    PROOF = "proof"
    PASSKEY_LOGIN = "passkey_login"
    PASSKEY_REGISTRATION = "passkey_registration"


@dataclass(frozen=True, slots=True)
class Bound:
    """Whose challenge it is: nobody's before a passkey told, a session's when there is one."""

    account_id: UUID | None = None
    session_id: SessionId | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A challenge in plain text, 43 characters of base64url."""

    token: str
    expires_at: datetime


class ChallengeStorage(Protocol):
    """Where challenges wait: shared, since any process may get the answer to what another one asked."""

    async def add(
        self, token_sha256: bytes, purpose: Purpose, bound: Bound, *, now: datetime, expires_at: datetime
    ) -> None:
        """Keep a challenge, and drop those that were over at `now`."""

    async def count_try(self, token_sha256: bytes, purpose: Purpose, *, max_tries: int, now: datetime) -> Bound | None:
        """Count a try and return whose challenge it is; None if there is none, or none that is left."""

    async def take(self, token_sha256: bytes) -> bool:
        """Remove a challenge; of two that try, one is told True."""


class Challenges:
    """The challenges of one kind of principal."""

    def __init__(self, storage: ChallengeStorage, *, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    async def issue(self, purpose: Purpose, bound: Bound) -> Issued:
        """Make a challenge."""
        token = opaque.fresh()
        now = self._now()
        await self._storage.add(opaque.digest(token), purpose, bound, now=now, expires_at=now + TTL)
        return Issued(token, now + TTL)

    async def begin_try(self, token: str, purpose: Purpose) -> Bound:
        """Count a try, before its answer is looked at: many at once get no more tries than one after the other.

        Raises ChallengeOver.
        """
        bound = await self._storage.count_try(opaque.digest(token), purpose, max_tries=MAX_TRIES, now=self._now())
        if bound is None:
            raise ChallengeOver
        return bound

    async def spend(self, token: str) -> None:
        """Use the challenge up, after a right answer. Raises ChallengeOver when another right answer was first."""
        if not await self._storage.take(opaque.digest(token)):
            raise ChallengeOver
