"""Tickets: a browser cannot send `Authorization` on a websocket, and an access token in a URL ends up in logs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from auth.principals import Kind, Principal, StoreId
from auth.tokens import opaque

TTL = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may talk to which assistant of a store, by its slug (None: the default one), and to which state of it.

    `principal.expires_at` is that of the access token shown at `start`.
    """

    principal: Principal
    store_id: StoreId
    assistant: str | None = None
    draft: bool = False
    # Staff may listen to this one, and do nothing else.
    conversation_id: UUID | None = None


class TicketRefused(Exception):
    """Unknown, used, expired, or for the other host; which of them is not told."""


class TicketStorage(Protocol):
    """Where tickets wait: shared, since any process may redeem what another one issued."""

    async def add(self, token_sha256: bytes, admission: Admission, *, now: datetime, expires_at: datetime) -> None:
        """Keep a ticket, and drop those that were over at `now`."""

    async def take(self, token_sha256: bytes) -> tuple[Admission, datetime] | None:
        """Remove a ticket and return what it admits to and when it expires; None if there is none."""


class Tickets:
    """Each is random, works once, for thirty seconds, and is stored only as a hash."""

    def __init__(self, storage: TicketStorage, *, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    async def issue(self, admission: Admission) -> str:
        """Return a ticket: 43 characters of base64url."""
        token = opaque.fresh()
        now = self._now()
        await self._storage.add(opaque.digest(token), admission, now=now, expires_at=now + TTL)
        return token

    async def redeem(self, token: str, *, kind: Kind, conversation_id: UUID | None = None) -> Admission:
        """Return what the ticket admits to; raise TicketRefused. Whatever comes of it, the ticket is used.

        One for listening to a conversation opens that and nothing else.
        """
        taken = await self._storage.take(opaque.digest(token))
        if taken is None:
            raise TicketRefused
        admission, expires_at = taken
        if admission.principal.kind is not kind or expires_at <= self._now():
            raise TicketRefused
        if admission.conversation_id != conversation_id:
            raise TicketRefused
        return admission
