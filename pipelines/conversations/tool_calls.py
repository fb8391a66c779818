"""What the assistant has done with a tool, as it is kept with the conversation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

MAX_NAME_CHARS = 64
MAX_ANSWER_CHARS = 2_000


class ToolOutcome(StrEnum):
    """How a call of a tool ended.

    INVALID: the arguments did not fit, and nothing was done. REFUSED: no request may go to that address. CANCELLED: the
    caller spoke before there was an answer.
    """

    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INVALID = "invalid"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call. `answer` is what came back, or what went wrong; both it and the arguments are bounded."""

    id: UUID
    conversation_id: UUID
    name: str
    arguments: Mapping[str, object]
    answer: str
    outcome: ToolOutcome
    started_at: datetime
    duration_ms: int


Note = Callable[[ToolCall], None]


def storable(value: object) -> object:
    """The same without what PostgreSQL cannot hold: U+0000 and lone surrogates."""
    match value:
        case str():
            return value.replace("\0", "").encode(errors="replace").decode()
        case list():
            return [storable(one) for one in value]
        case dict():
            return {str(storable(name)): storable(one) for name, one in value.items()}
        case _:
            return value
