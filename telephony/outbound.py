"""Calls that a store makes: who may be called, how often and for how long, and until when."""

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from auth.principals import StoreId
from pipelines.conversations.records import Direction
from telephony.calls import (
    CARRIER_FAILED,
    ENDED_BY_STORE,
    Call,
    CallId,
    CallNotFound,
    Calls,
    CallState,
    OutboundUse,
    Provider,
)
from telephony.carriers import Carrier, CarrierFailed
from telephony.lines import Lines
from telephony.numbers import Number, NumberNotFound, NumberReads, dialable, e164, masked

log = structlog.get_logger()


class PhoneUnavailable(Exception):
    """This server is connected with no telephone network, or the network takes no call now."""


@dataclass
class DialledTooOften(Exception):
    """The store makes as many calls as one may make at once or in a minute."""

    retry_after: timedelta


@dataclass
class PhoneMinutesUsed(Exception):
    """The store has called for as long as it may in one day."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundLimits:
    """Of each store. `countries` are calling codes; without any, that of the number called from."""

    countries: Collection[int] = ()
    calls_a_minute: int = 6
    calls_at_once: int = 2
    a_day: timedelta = timedelta(minutes=120)
    longest_s: int = 600

    def judge(self, use: OutboundUse) -> int:
        """Return how long the next call may last, in seconds. Raises DialledTooOften or PhoneMinutesUsed."""
        if use.last_minute >= self.calls_a_minute or use.under_way >= self.calls_at_once:
            raise DialledTooOften(timedelta(minutes=1))
        # Each that goes on may yet last as long as any.
        left_s = self.a_day.total_seconds() - use.seconds_today - use.under_way * self.longest_s
        if left_s <= 0:
            raise PhoneMinutesUsed(timedelta(hours=1))
        return max(1, min(self.longest_s, int(left_s)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A call that a store wants made. Without `from_number` its first number is used."""

    to: str
    from_number: str | None = None
    assistant: str | None = None
    greeting: str | None = None
    voicemail: str | None = None


class Dialling(Protocol):
    """Where calls that we make are noted first."""

    async def used(self, store_id: StoreId, *, now: datetime) -> OutboundUse:
        """What a store has called of late."""

    def dialling(self, call: Call, *, now: datetime) -> AbstractAsyncContextManager[OutboundUse]:
        """Note a call unless the block, which sees what the store has called, raises."""


class CallStorage(Calls, Dialling, Protocol):
    """All that is kept of calls."""


class Outbound:
    """Makes and ends calls for stores."""

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        calls: CallStorage,
        numbers: NumberReads,
        lines: Lines,
        *,
        carriers: dict[Provider, Carrier],
        limits: OutboundLimits,
        now: Callable[[], datetime],
    ) -> None:
        self._calls = calls
        self._numbers = numbers
        self._lines = lines
        self._carriers = carriers
        self._limits = limits
        self._now = now

    async def dial(self, store_id: StoreId, wanted: Wanted) -> Call:
        """Have somebody called, who then talks to the assistant.

        Raises NumberNotFound, NumberRefused, NobodyAnswers, DialledTooOften, PhoneMinutesUsed, PhoneUnavailable, or
        like `Places.check`.
        """
        ours = await self._ours(store_id, wanted.from_number)
        now = self._now()
        call = Call(
            id=CallId(uuid4()),
            provider=Provider(ours.provider),
            store_id=store_id,
            direction=Direction.OUTBOUND,
            number=ours.number,
            caller_number=dialable(wanted.to, countries=self._limits.countries, ours=ours.number),
            assistant=wanted.assistant or ours.assistant,
            greeting=wanted.greeting,
            voicemail=wanted.voicemail,
            started_at=now,
        )
        carrier = self._carriers.get(call.provider)
        if carrier is None:
            raise PhoneUnavailable
        await self._lines.expect(call)
        async with self._calls.dialling(call, now=now) as use:
            time_limit_s = self._limits.judge(use)
        try:
            provider_call_id = await carrier.dial(call, time_limit_s=time_limit_s)
        except CarrierFailed as error:
            log.warning("call_not_made", call_id=str(call.id), reason=error.reason)
            await self._lines.end(call.id, CARRIER_FAILED)
            raise PhoneUnavailable from error
        await self._calls.name(call.id, provider_call_id)
        log.info("call_dialled", call_id=str(call.id), to=masked(call.caller_number))
        return await self._calls.get(call.id) or call

    @property
    def limits(self) -> OutboundLimits:
        """Those of each store."""
        return self._limits

    async def used(self, store_id: StoreId) -> OutboundUse:
        """What a store has called of late, which counts towards its limits."""
        return await self._calls.used(store_id, now=self._now())

    async def end(self, store_id: StoreId, call_id: UUID) -> None:
        """Hang up, whoever called whom. Raises CallNotFound or PhoneUnavailable."""
        call = await self._calls.of_store(store_id, call_id)
        if call is None:
            raise CallNotFound(call_id)
        carrier = self._carriers.get(call.provider)
        if call.state is CallState.ENDED:
            return
        if carrier is None:
            raise PhoneUnavailable
        try:
            await carrier.hang_up(call)
        except CarrierFailed as error:
            log.warning("call_not_ended", call_id=str(call.id), reason=error.reason)
            raise PhoneUnavailable from error
        await self._lines.end(call.id, ENDED_BY_STORE)

    async def _ours(self, store_id: StoreId, wanted: str | None) -> Number:
        for number in await self._numbers.of_store(store_id):
            if wanted is None or e164(wanted) == number.number:
                return number
        raise NumberNotFound(wanted or "none")
