"""The entries of a store as the store itself sees them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pipelines.grounding.knowledge import Entry

# Search reads whole entries; beyond this a caller would have to wait for it.
MAX_ENTRIES = 5_000
MAX_TITLE_CHARS = 120
MAX_BODY_CHARS = 2_000
MAX_ASKED_AS_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Versioned:
    """An entry, and how often it was changed: whoever changes it says which version they have read."""

    entry: Entry
    version: int


@dataclass(frozen=True, slots=True)
class Imported:
    """How many entries an import added, and how many of the same title it replaced."""

    added: int
    replaced: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that callers asked and no entry answered: in which words, how often, and when last."""

    question: str
    times: int
    last_asked_at: datetime


@dataclass
class EntryNotFound(Exception):
    """The store has no entry with this id."""

    entry_id: UUID | str


class TitleTaken(Exception):
    """The store has another entry of this title."""


class EntryChanged(Exception):
    """Somebody has changed the entry since it was read."""


class TooManyEntries(Exception):
    """The store would know more than MAX_ENTRIES things."""
