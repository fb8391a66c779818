"""A conversation that goes on, as its store sees it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipelines.conversations.records import ConversationId, Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One that goes on now, in whichever process.

    `caller` is the name of a user who signed in, `caller_number` that of a telephone; None for everybody else.
    `taken_over`: somebody of the store speaks in the assistant's place.
    """

    id: ConversationId
    channel: str
    started_at: datetime
    assistant_id: UUID
    assistant: str
    assistant_version: int | None
    user_id: UUID | None
    caller: str | None
    caller_number: str | None
    direction: Direction
    taken_over: bool
