"""Messages for the store: the inbox, and what callers leave in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from auth.http.pages import Cursor
from auth.principals import StoreId
from pipelines.conversations.records import ConversationId

MessageId = NewType("MessageId", UUID)

MAX_NAME_CHARS = 80
MAX_TEXT_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a message while it is taken: None was not asked for yet, "" was asked for and not given."""

    name: str | None = None
    number: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a store's inbox. `confirmed`: the caller heard it read back and said yes.

    `number` has digits only, but for a "+" in front.
    """

    id: MessageId
    store_id: StoreId
    conversation_id: ConversationId
    taken_at: datetime
    name: str | None
    number: str | None
    text: str
    confirmed: bool
    done_at: datetime | None = None


class MessageStatus(StrEnum):
    """Which messages to list."""

    OPEN = "open"
    DONE = "done"


@dataclass
class MessageNotFound(Exception):
    """The store has no such message."""

    message_id: UUID | str


@dataclass
class InboxUnavailable(Exception):
    """The message could not be kept; trying again may help."""

    reason: str


class Keeps(Protocol):
    """Where messages end up."""

    async def keep(self, message: Message) -> None:
        """Insert a message, or change what it says. Raises InboxUnavailable."""

    async def drop(self, message_id: MessageId) -> None:
        """Forget a message that the caller took back. Raises InboxUnavailable."""


class Reads(Protocol):
    """What the inbox asks of the database."""

    async def page(
        self, store_id: StoreId, status: MessageStatus | None, *, before: Cursor, limit: int
    ) -> Sequence[Message]:
        """The store's messages behind `before`, newest first."""

    async def set_done(self, store_id: StoreId, message_id: UUID, *, done_at: datetime | None) -> Message | None:
        """Mark a message of the store's as done or open; None if there is no such message."""

    async def delete(self, store_id: StoreId, message_id: UUID) -> bool:
        """Delete a message of the store's; False if there is no such message."""
