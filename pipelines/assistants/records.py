"""A store's assistant as a conversation has it: who it is, what it may do, and when the store is open."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from auth.principals import StoreId
from pipelines.grounding.hours import OpeningHours, status
from pipelines.providers.wishes import HOUSE, Wishes
from pipelines.tools.destinations import Destination
from pipelines.tools.webhooks import WebhookTool
from pipelines.turns.profiles import TurnProfile

AssistantId = NewType("AssistantId", UUID)


class Tool(StrEnum):
    """What an assistant may be allowed to do."""

    LOOKUP_KNOWLEDGE = "lookup_knowledge"
    OPENING_HOURS = "opening_hours"
    TAKE_MESSAGE = "take_message"
    TRANSFER_CALL = "transfer_call"
    END_CONVERSATION = "end_conversation"


class AfterHours(StrEnum):
    """What happens to a caller while the store is closed: an answer as ever, a message taken, or a goodbye."""

    ANSWER = "answer"
    TAKE_MESSAGE = "take_message"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a caller hears first; `over` says that this is all. `note` is for the language model."""

    sentence: str
    over: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """Who answers for one store, as it was published under a number, or as a draft without one.

    `persona` and `instructions` go to the language model; `time_zone` and `hours` are the store's. `max_minutes` can
    only shorten what the server allows. `open_to_users` and `open_to_callers`: who may talk to it, people with an
    account and those who ring up. `transfer_to`: to whom those who ring up may be handed over.
    """

    id: AssistantId
    store_id: StoreId
    store_name: str
    slug: str = "assistant"
    version: int | None = None
    name: str
    greeting: str
    persona: str = ""
    instructions: str
    language: str = "en"
    time_zone: ZoneInfo
    hours: OpeningHours
    after_hours: AfterHours = AfterHours.ANSWER
    turn_profile: TurnProfile = TurnProfile.NORMAL
    wishes: Wishes = HOUSE
    max_minutes: int | None = None
    tools: frozenset[Tool] = frozenset(Tool)
    own_tools: tuple[WebhookTool, ...] = ()
    open_to_users: bool = True
    open_to_callers: bool = True
    transfer_to: tuple[Destination, ...] = ()

    def is_open(self, now: datetime) -> bool:
        """Whether the store is open at `now`, whatever its zone."""
        return self.hours.is_open(now.astimezone(self.time_zone))

    def welcome(self, now: datetime) -> Welcome:
        """How a call that begins at `now` begins."""
        here = now.astimezone(self.time_zone)
        if self.after_hours is AfterHours.ANSWER or self.hours.is_open(here):
            return Welcome(sentence=self.greeting)
        closed = status(self.hours, here)
        if self.after_hours is AfterHours.END:
            return Welcome(sentence=f"This is {self.store_name}. {closed} Goodbye!", over=True)
        return Welcome(
            sentence=f"{self.greeting} {closed} I can take a message.",
            note="The store is closed now. Offer to take a message.",
        )


class NoAssistant(Exception):
    """Nobody answers for this store, or there is no such store."""


class StoreNotFound(Exception):
    """There is no such store, or users may not talk to it."""


@dataclass
class AssistantNotFound(Exception):
    """The store has no assistant with this id."""

    assistant_id: UUID | str


@dataclass
class VersionNotFound(Exception):
    """The assistant was never published under this number."""

    number: int | str


@dataclass
class SlugTaken(Exception):
    """Another assistant of the store has this short name."""

    slug: str


@dataclass
class DraftChanged(Exception):
    """The draft is no longer the one that was read: somebody else has changed it since."""

    assistant_id: AssistantId


class TooManyAssistants(Exception):
    """The store has as many assistants as one may have."""


class NotPublished(Exception):
    """An assistant that was never published cannot be the default: nobody would answer."""


class DefaultAssistantKept(Exception):
    """The default assistant cannot go while there are others: one of them would have to answer in its place."""
