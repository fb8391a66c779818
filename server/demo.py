"""The demo: a store with an assistant that knows something, and a user to talk to it."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from auth.accounts.accounts import canonical
from auth.errors import EmailTaken, WrongCredentials
from auth.principals import NO_DEVICE, StoreId
from pipelines.assistants.content import AssistantContent, Opening, SpecialDays, Week
from pipelines.assistants.queries import AssistantQueries
from pipelines.assistants.records import AssistantId
from pipelines.grounding.knowledge import Entry, EntryId, Price
from pipelines.grounding.queries import KnowledgeQueries

if TYPE_CHECKING:
    # The talk command reads the names below, and need not load the whole server for that.
    from server.services import Services

STORE_NAME = "Marlow Garden"
STORE_SLUG = "marlow-garden"
ASSISTANT_SLUG = "ivy"
DEMO_STORE_EMAIL = canonical("marlow@storeline.example")
DEMO_USER_EMAIL = canonical("demo@storeline.example")
DEMO_PASSWORD = "watering-can"  # noqa: S105 - it is printed at every start, and made in development only

KNOWLEDGE = Path(__file__).with_name("demo.toml")

# A store as a file describes it: assistant, hours, and perhaps a currency, holidays and entries.
Described = Mapping[str, Any]


async def seed(services: "Services") -> None:
    """Make what is missing of the demo; what was changed since stays as it is."""
    users, stores = services.user.side.accounts, services.store.side.accounts
    with suppress(EmailTaken):
        await users.sign_up(email=DEMO_USER_EMAIL, password=DEMO_PASSWORD, name="Sam", device=NO_DEVICE)
    with suppress(EmailTaken):
        await stores.sign_up(email=DEMO_STORE_EMAIL, password=DEMO_PASSWORD, name=STORE_NAME, device=NO_DEVICE)
    # Whoever has changed the password has made the store their own.
    with suppress(WrongCredentials):
        known = await stores.log_in(email=DEMO_STORE_EMAIL, password=DEMO_PASSWORD, device=NO_DEVICE)
        await seed_assistant(StoreId(known.id), assistants=services.assistants, knowledge=services.knowledge)


async def seed_assistant(
    store_id: StoreId,
    *,
    assistants: AssistantQueries,
    knowledge: KnowledgeQueries,
    described: Described | None = None,
) -> None:
    """Give the store that assistant and knowledge, the demo's if need be, unless it has an assistant already."""
    store = described or tomllib.loads(KNOWLEDGE.read_text(encoding="utf-8"))
    content = AssistantContent(
        **store["assistant"],
        hours=_week(store["hours"]),
        holidays=tuple(_special_days(days) for days in store.get("holidays", ())),
    )
    if await assistants.seed(
        AssistantId(uuid4()), store_id, slug=ASSISTANT_SLUG, content=content, now=datetime.now(UTC)
    ):
        currency = store.get("currency", "USD")
        await knowledge.add(store_id, [entry(each, currency) for each in store["entries"]])


def entry(described: Described, currency: str = "USD") -> Entry:
    """An entry as a file describes it."""
    return Entry(
        id=EntryId(uuid4()),
        title=described["title"],
        body=described["body"],
        asked_as=", ".join(described.get("asked_as", ())),
        price=Price(described["price_cents"], currency) if "price_cents" in described else None,
    )


def _week(hours: dict[str, list[list[time]]]) -> Week:
    return Week(**{day.lower(): _openings(spans) for day, spans in hours.items()})


def _special_days(days: dict[str, Any]) -> SpecialDays:
    return SpecialDays(**days | {"hours": _openings(days.get("hours", []))})


def _openings(spans: list[list[time]]) -> tuple[Opening, ...]:
    return tuple(Opening(opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}") for opens, closes in spans)
