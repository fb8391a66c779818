"""The store that the tests of the assistant's knowledge talk about: the demo's hours, and a Thursday at 2 PM."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from auth.principals import StoreId
from pipelines.assistants.records import Assistant, AssistantId
from pipelines.grounding.hours import OpeningHours, Span
from pipelines.grounding.knowledge import Entry, EntryId, KnowledgeUnavailable, Match, Price
from pipelines.tools.webhooks import WebhookTool

ZONE = ZoneInfo("America/New_York")
HOURS = OpeningHours(
    ((), *[(Span(time(9), time(18)),)] * 4, (Span(time(9), time(17, 30)),), (Span(time(10), time(16)),)),
)
MONSTERA = Entry(EntryId(UUID(int=1)), "monstera", "It's about two feet tall.", "cheese plant", Price(3800, "USD"))
BASIL = Entry(EntryId(UUID(int=2)), "basil", "We grow it ourselves.", "herb", Price(450, "USD"))
DELIVERY = Entry(
    EntryId(UUID(int=3)),
    "Delivery",
    "We deliver within 15 miles for $8, and free on orders over $75. It usually takes two days.",
    "deliver to my home",
)
ASSISTANT = Assistant(
    id=AssistantId(UUID(int=4)),
    store_id=StoreId(UUID(int=5)),
    store_name="Marlow Garden",
    name="Ivy",
    greeting="Hello.",
    instructions="",
    time_zone=ZONE,
    hours=HOURS,
)
CHECK_ORDER = WebhookTool(
    name="check_order",
    description="Look up how far an order is",
    url="https://shop.example/orders",
    parameters={
        "type": "object",
        "properties": {"order_number": {"type": "string", "description": "the number of the order", "maxLength": 12}},
        "required": ["order_number"],
    },
    examples=("Where is my order?", "Has my parcel been sent?"),
)
BOOK_VISIT = WebhookTool(
    name="book_visit",
    description="Book a visit to the shop",
    url="https://shop.example/visits",
    parameters={
        "type": "object",
        "properties": {
            "day": {"type": "string", "description": "the day"},
            "time": {"type": "string", "description": "the time of day"},
            "kind": {"type": "string", "enum": ["tour", "talk"], "description": "tour or talk"},
        },
        "required": ["day", "time"],
    },
)


def clock(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still; `moment` is the store's own time."""
    return lambda: moment.replace(tzinfo=ZONE).astimezone(UTC)


THURSDAY_2_PM = clock(datetime(2026, 3, 5, 14, 0))  # noqa: DTZ001 - the zone is added there


@dataclass
class Shelf:
    """Knowledge in memory: a word is named if a title or phrase holds it, mentioned if the body does too."""

    entries: Iterable[Entry] = (MONSTERA, BASIL, DELIVERY)
    away: bool = False
    asked: list[list[str]] = field(default_factory=list)

    async def first(self, store_id: StoreId, *, limit: int) -> list[Entry]:
        """All entries, as they stand."""
        assert store_id == ASSISTANT.store_id
        return list(self.entries)[:limit]

    async def search(self, store_id: StoreId, words: list[str]) -> list[Match]:
        """Look through all entries of the one store."""
        assert store_id == ASSISTANT.store_id
        self.asked.append(words)
        if self.away:
            raise KnowledgeUnavailable("OSError")
        matches = [self._match(entry, words) for entry in self.entries]
        return sorted((match for match in matches if match.mentioned), key=lambda match: -len(match.named))

    def _match(self, entry: Entry, words: list[str]) -> Match:
        names = f"{entry.title} {entry.asked_as}".lower().split()
        named = frozenset(word for word in words if word in names)
        mentioned = named | {word for word in words if word in entry.body.lower()}
        return Match(entry, named, frozenset(), mentioned, len(named) / len(words))
