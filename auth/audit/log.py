"""What happened to an account: noted for its owner, and for whoever looks into an attack.

What belongs to a change (a session that starts, or ends) is written in the same transaction, by `SessionQueries`. All
else goes through `Audit.note`, which neither fails nor holds up the request that it describes: a note that cannot be
written within NOTE_WITHIN_S is lost to the table, and goes to the log instead.

No note holds a secret, an e-mail address, or what somebody typed.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from auth.http.pages import NEWEST, Cursor
from auth.principals import Asker, Device, KeyHolder, Kind, Principal, SessionId

NOTE_WITHIN_S = 2.0

# Small facts: a reason, a number, a name of ours.
Fact = str | int | bool

_log = structlog.get_logger()


class Event(StrEnum):
    """What can happen."""

    SIGNED_UP = "signed_up"
    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    REFRESH_RETRIED = "refresh_retried"
    REFRESH_REUSED = "refresh_reused"
    LOGGED_OUT = "logged_out"
    SESSION_REVOKED = "session_revoked"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - no password
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the same
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105 - the same
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the same
    LINK_REFUSED = "link_refused"
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGED = "email_changed"
    RENAMED = "renamed"
    EXPORTED = "exported"
    ACCOUNT_DELETED = "account_deleted"
    SECOND_FACTOR_GIVEN = "second_factor_given"
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    PROVED_AGAIN = "proved_again"
    LISTENED_IN = "listened_in"
    WHISPERED = "whispered"
    TOOK_OVER = "took_over"
    PUT_ON_HOLD = "put_on_hold"
    TAKEN_OFF_HOLD = "taken_off_hold"
    CALL_ENDED = "call_ended"
    WEBHOOK_ADDED = "webhook_added"
    WEBHOOK_DELETED = "webhook_deleted"
    WEBHOOK_DISABLED = "webhook_disabled"
    API_KEY_ADDED = "api_key_added"
    API_KEY_REVOKED = "api_key_revoked"
    WIDGET_ADDED = "widget_added"
    WIDGET_CHANGED = "widget_changed"
    WIDGET_DELETED = "widget_deleted"


class Outcome(StrEnum):
    """Whether it was done, or refused."""

    OK = "ok"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One row. `principal_id` is None when nobody was recognised; `about` has a few facts, never a secret."""

    id: UUID = field(default_factory=uuid4)
    at: datetime
    kind: Kind
    principal_id: UUID | None
    session_id: SessionId | None
    event: str
    outcome: Outcome
    device: Device
    about: dict[str, Fact]


class Notes(Protocol):
    """Where notes are kept."""

    async def add(self, note: Note) -> None:
        """Keep a note."""

    async def page(self, kind: Kind, principal_id: UUID, *, before: Cursor, limit: int) -> Sequence[Note]:
        """The notes about one principal behind `before`, newest first."""


class Audit:
    """The notes about one kind of principal."""

    def __init__(self, kind: Kind, notes: Notes, *, now: Callable[[], datetime]) -> None:
        self._kind = kind
        self._notes = notes
        self._now = now

    async def note(
        self,
        event: Event,
        device: Device,
        *,
        principal_id: UUID | None,
        session_id: SessionId | None = None,
        outcome: Outcome = Outcome.OK,
        **about: Fact,
    ) -> None:
        """Note what happened. It never raises; see the top of this file."""
        note = Note(
            at=self._now(),
            kind=self._kind,
            principal_id=principal_id,
            session_id=session_id,
            event=event,
            outcome=outcome,
            device=device,
            about=about,
        )
        try:
            async with asyncio.timeout(NOTE_WITHIN_S):
                await self._notes.add(note)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the database, the request goes on
            _log.error(
                "audit_note_lost",
                kind=self._kind,
                principal_id=str(principal_id),
                audit_event=event,
                outcome=outcome,
                address=device.address,
                error=type(error).__name__,
            )

    async def note_by(self, asker: Asker, event: Event, device: Device, **about: Fact) -> None:
        """Note what somebody did to their own account, with the session or the API key that it was done with."""
        if isinstance(asker, KeyHolder):
            about["api_key_id"] = str(asker.key_id)
        session_id = asker.session_id if isinstance(asker, Principal) else None
        await self.note(event, device, principal_id=asker.id, session_id=session_id, outcome=Outcome.OK, **about)

    async def page(
        self, principal_id: UUID, *, before: Cursor = NEWEST, limit: int
    ) -> tuple[Sequence[Note], Cursor | None]:
        """Up to `limit` notes about a principal, newest first, and where the next page begins (None at the end)."""
        # One more than asked for tells whether there is a next page.
        found = await self._notes.page(self._kind, principal_id, before=before, limit=limit + 1)
        shown = found[:limit]
        return shown, Cursor(shown[-1].at, shown[-1].id) if len(found) > limit else None
