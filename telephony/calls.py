"""A telephone call from its first ring to its end: ringing, live, ended, and each step once.

Webhooks, media and status callbacks come in any order, more than once, and to any process. So the row in PostgreSQL
decides: each step is one statement that does nothing when it has been taken already, and says whether it was.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from auth.http.pages import Cursor
from auth.principals import StoreId
from pipelines.conversations.records import Direction

CallId = NewType("CallId", UUID)

# Why calls end, besides `pipelines.limits.EndReason`.
NOT_CONNECTED = "not_connected"
ENDED_BY_STORE = "ended_by_store"
CARRIER_ENDED = "carrier_ended"
CARRIER_FAILED = "carrier_failed"
LEFT_BEHIND = "left_behind"
MACHINE = "machine"
VOICEMAIL = "voicemail"
TURNED_AWAY = "turned_away"
NOBODY_ANSWERS = "nobody_answers"


class Provider(StrEnum):
    """Whose network carries the call."""

    TWILIO = "twilio"
    DAILY = "daily"


class CallState(StrEnum):
    """How far a call has come. It never goes back."""

    RINGING = "ringing"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: `number` is ours, `caller_number` the other one (E.164, None when withheld).

    `streams` counts the media streams that were opened for it. `greeting` is what we say first instead of the
    assistant's own words, `voicemail` what a machine is told. With `transfer_of` it rings a person who shall take over
    that other call, and hears the `briefing`; it is live once they do. `recording` is the carrier's id of the voicemail
    that was left in it and is in the inbox.
    """

    id: CallId
    provider: Provider
    store_id: StoreId
    direction: Direction
    number: str
    started_at: datetime
    provider_call_id: str | None = None
    assistant: str | None = None
    caller_number: str | None = None
    state: CallState = CallState.RINGING
    live_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    streams: int = 0
    held_until: datetime | None = None
    greeting: str | None = None
    voicemail: str | None = None
    answered_by: str | None = None
    transferred_to: str | None = None
    briefing: str | None = None
    transfer_of: CallId | None = None
    conversation_id: UUID | None = None
    recording: str | None = None
    duration_s: int | None = None
    cost: Decimal | None = None
    currency: str | None = None


@dataclass
class CallNotFound(Exception):
    """The store has no such call."""

    call_id: UUID | str


@dataclass(frozen=True, slots=True)
class Bill:
    """What the carrier says a call came to; its price is known some time after its end."""

    duration_s: int | None = None
    cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundUse:
    """What a store has called of late; `seconds_today` are those of the calls that are over."""

    last_minute: int
    under_way: int
    seconds_today: float


class Calls(Protocol):
    """The steps and the looks. Where nothing fits, they return None or False and change nothing."""

    async def ring(self, call: Call) -> Call:
        """Note a call that comes in or rings a person, once: who asks again is told of the first one."""

    async def find(self, provider: Provider, provider_call_id: str) -> Call | None:
        """One by the carrier's id."""

    async def get(self, call_id: CallId) -> Call | None:
        """One by ours."""

    async def name(self, call_id: CallId, provider_call_id: str) -> None:
        """Note the carrier's id of a call that we make; the first that tells it counts."""

    async def go_live(self, call_id: CallId, *, stream: int, now: datetime, held_until: datetime) -> Call | None:
        """Open the stream that follows `stream` others; of two that try, one gets the call."""

    async def converse(self, call_id: CallId, conversation_id: UUID) -> None:
        """Note which conversation was held."""

    async def accept(self, call_id: CallId, *, now: datetime) -> bool:
        """The person who was rung takes the call, once. False for any other call."""

    async def rung_for(self, call: Call) -> Sequence[Call]:
        """Those that ring or have reached a person who shall take this one over, and have not ended."""

    async def hand_over(self, call_id: CallId, *, to: str) -> bool:
        """Note a transfer of a live call."""

    async def keep(self, call_id: CallId) -> None:
        """Note that the caller was not taken away after all."""

    async def hear(self, call_id: CallId, answered_by: str) -> None:
        """Note who answered, a person or a machine."""

    async def record(self, call_id: CallId, recording: str) -> None:
        """Note which voicemail was left in it."""

    async def end(self, call_id: CallId, reason: str, *, now: datetime) -> bool:
        """End it. False when it had ended before."""

    async def bill(self, call_id: CallId, bill: Bill) -> None:
        """Note what is known of its duration and price."""

    async def hold(self, call_ids: Collection[CallId], *, until: datetime) -> None:
        """Say that these have their media in this process."""

    async def unsettled(self, provider: Provider, *, since: datetime, before: datetime, priced: bool) -> Sequence[Call]:
        """Those that began in between and have not ended or, with a carrier that tells prices, have none."""

    async def of_store(self, store_id: StoreId, call_id: UUID) -> Call | None:
        """One of a store's."""

    async def page(self, store_id: StoreId, *, before: Cursor, limit: int) -> Sequence[Call]:
        """A store's, newest first."""
