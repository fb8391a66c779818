"""A store's assistant: who it is, how it greets, and when the store is open."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from auth.principals import StoreId
from pipelines.grounding.hours import OpeningHours
from pipelines.turns.profiles import TurnProfile

AssistantId = NewType("AssistantId", UUID)


@dataclass(frozen=True, slots=True)
class Assistant:
    """Who answers for one store. `instructions` go to the language model; `time_zone` and `hours` are the store's."""

    id: AssistantId
    store_id: StoreId
    store_name: str
    name: str
    greeting: str
    instructions: str
    time_zone: ZoneInfo
    hours: OpeningHours
    turn_profile: TurnProfile = TurnProfile.NORMAL


class NoAssistant(Exception):
    """Nobody answers for this store, or there is no such store."""
