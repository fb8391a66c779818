"""Fresh proof: before a second factor is added or removed, a session proves again who holds it.

So it does, where a second factor is set up, before the account is deleted or gets another e-mail address.

A stolen access token is then not enough to lock the owner out. It takes the password, and the second factor once there
is one, given in this very session; having just logged in does not count.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler

from auth.audit.log import Audit, Event, Outcome
from auth.errors import WrongPassword
from auth.factors.challenges import Purpose
from auth.factors.errors import ProofRequired
from auth.factors.second_factor import Asked, Given, SecondFactors
from auth.http.asking import principal_of
from auth.http.operations import Gate
from auth.principals import Place, Principal, SessionId

TTL = timedelta(minutes=5)


class ProofStorage(Protocol):
    """When sessions last proved who holds them."""

    async def note(self, session_id: SessionId, *, now: datetime) -> None:
        """Note that the session proved it at `now`."""

    async def proved_at(self, session_id: SessionId) -> datetime | None:
        """When the session last proved it."""


class FreshProofs:
    """The fresh proofs of one kind of principal.

    `confirm_password` raises WrongPassword, AccountGone or TooBusy.
    """

    def __init__(
        self,
        storage: ProofStorage,
        factors: SecondFactors,
        audit: Audit,
        *,
        confirm_password: Callable[[UUID, str], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._factors = factors
        self._audit = audit
        self._confirm_password = confirm_password
        self._now = now

    async def begin(self, who: Principal, password: str, place: Place) -> Asked | datetime:
        """Check the password; return until when the proof is fresh, or what else it takes: see `finish`.

        Raises WrongPassword, AccountGone or TooBusy.
        """
        try:
            await self._confirm_password(who.id, password)
        except WrongPassword:
            await self._note(who, place, Outcome.REFUSED)
            raise
        asked = await self._factors.ask(Purpose.PROOF, who.id, place, session_id=who.session_id)
        return asked or await self._proved(who, place)

    async def finish(self, who: Principal, challenge: str, given: Given, place: Place) -> datetime:
        """Check the second factor; return until when the proof is fresh. Raises what `SecondFactors.answer` does."""
        await self._factors.answer(Purpose.PROOF, challenge, given, place, session_id=who.session_id)
        return await self._proved(who, place)

    async def is_fresh(self, session_id: SessionId) -> bool:
        """Tell whether the session gave a proof in the last minutes."""
        proved_at = await self._storage.proved_at(session_id)
        return proved_at is not None and self._now() < proved_at + TTL

    async def are_needed(self, who: Principal) -> bool:
        """Tell whether a second factor is set up, and no fresh proof was given."""
        return not await self.is_fresh(who.session_id) and await self._factors.are_set_up(who.id)

    async def _proved(self, who: Principal, place: Place) -> datetime:
        now = self._now()
        await self._storage.note(who.session_id, now=now)
        await self._note(who, place, Outcome.OK)
        return now + TTL

    async def _note(self, who: Principal, place: Place, outcome: Outcome) -> None:
        await self._audit.note(
            Event.PROVED_AGAIN, place.device, principal_id=who.id, session_id=who.session_id, outcome=outcome
        )


def require_fresh_proof(proofs: FreshProofs) -> Gate:
    """Let requests pass whose session gave a fresh proof; behind `auth.http.asking.require`. Raises ProofRequired."""

    @web.middleware
    async def require_proof(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not await proofs.is_fresh(principal_of(request).session_id):
            raise ProofRequired
        return await handler(request)

    return Gate(require_proof, (ProofRequired,))


def require_second_factor_proved(proofs: FreshProofs) -> Gate:
    """The same, but only of accounts that have a second factor: before what takes the password by itself."""

    @web.middleware
    async def require_proof(request: web.Request, handler: Handler) -> web.StreamResponse:
        if await proofs.are_needed(principal_of(request)):
            raise ProofRequired
        return await handler(request)

    return Gate(require_proof, (ProofRequired,))
