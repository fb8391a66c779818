"""A conversation that goes on, as the API shows it."""

from dataclasses import asdict
from datetime import datetime
from typing import Self
from uuid import UUID

from auth.http.operations import Answer
from pipelines.conversations.records import Direction
from pipelines.live.records import Running


class LiveConversation(Answer):
    """A conversation that goes on; `GET /store/conversations/{id}` has what was said so far.

    `caller` is the name of a user who signed in, `caller_number` that of a telephone; null for everybody else.
    `assistant` is the name that callers hear, `assistant_version` null for a draft that the store tries. `taken_over`:
    somebody of the store speaks in the assistant's place.
    """

    id: UUID
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

    @classmethod
    def of(cls, running: Running) -> Self:
        """What is shown of it."""
        return cls(**asdict(running))
