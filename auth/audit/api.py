"""GET …/audit, on both hosts: whoever asks sees what happened to their own account."""

from datetime import datetime
from typing import Self
from uuid import UUID

from aiohttp import web

from auth.audit.log import Audit, Fact, Note, Outcome
from auth.http.asking import principal_of
from auth.http.operations import Answer, answered, asks, gives
from auth.http.pages import PageWanted


class AuditEvent(Answer):
    """What happened, from where, and how it came out; `about` has a few facts that depend on the event."""

    id: UUID
    at: datetime
    event: str
    outcome: Outcome
    session_id: UUID | None
    user_agent: str
    address: str
    about: dict[str, Fact]

    @classmethod
    def of(cls, note: Note) -> Self:
        """What is shown of a note."""
        return cls(
            id=note.id,
            at=note.at,
            event=note.event,
            outcome=note.outcome,
            session_id=note.session_id,
            user_agent=note.device.user_agent,
            address=note.device.address,
            about=note.about,
        )


class AuditPage(Answer):
    """A part of the list, newest first; `next_before` is null at its end."""

    events: list[AuditEvent]
    next_before: str | None


class AuditApi:
    """The handler; it belongs behind `auth.http.asking.require`."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    @asks(PageWanted)
    @gives(AuditPage)
    async def page(self, request: web.Request, wanted: PageWanted) -> web.Response:
        """List what happened to one's own account, newest first. It is kept for 180 days."""
        notes, following = await self._audit.page(principal_of(request).id, before=wanted.cursor, limit=wanted.limit)
        return answered(
            AuditPage(events=[AuditEvent.of(note) for note in notes], next_before=str(following) if following else None)
        )
