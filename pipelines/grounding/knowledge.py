"""What a store knows: entries that answer a question or price an item, and how they are found."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from auth.principals import StoreId
from pipelines.grounding.spoken import say_price

EntryId = NewType("EntryId", UUID)

MAX_MATCHES = 6


class EntryKind(StrEnum):
    """What an entry gives."""

    ANSWER = "answer"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of money in hundredths of the currency (ISO 4217)."""

    cents: int
    currency: str

    def __str__(self) -> str:
        return say_price(self.cents, self.currency)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the store knows; with a price it is an item.

    `asked_as` lists other names and phrases that callers use for it, separated by commas; `body` is what the
    assistant says, word for word.
    """

    id: EntryId
    title: str
    body: str
    asked_as: str = ""
    price: Price | None = None

    @property
    def kind(self) -> EntryKind:
        """What it gives."""
        return EntryKind.PRICE if self.price else EntryKind.ANSWER


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that was found, and by which of the words.

    `named`: in its title or `asked_as`. `resembled`: much like a word of its title. `mentioned`: anywhere in it.
    `likeness`: how much one of its names resembles all the words together, 0 to 1.
    """

    entry: Entry
    named: frozenset[str]
    resembled: frozenset[str]
    mentioned: frozenset[str]
    likeness: float


@dataclass
class KnowledgeUnavailable(Exception):
    """The database that holds the entries does not answer now."""

    reason: str


class Knowledge(Protocol):
    """Where entries are found."""

    async def search(self, store_id: StoreId, words: list[str]) -> list[Match]:
        """The store's entries for these words, best first, at most MAX_MATCHES. Raises KnowledgeUnavailable."""

    async def first(self, store_id: StoreId, *, limit: int) -> list[Entry]:
        """What matters most to callers: answers, then items. Raises KnowledgeUnavailable."""
