"""/store/phone: a store's numbers, its calls, and calling somebody."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self
from uuid import UUID

from aiohttp import web
from pydantic import Field

from auth.http.asking import asker_of
from auth.http.operations import Answer, Body, answered, asks, gives, path_id, refuses, takes
from auth.http.pages import Cursor, PageWanted
from auth.principals import StoreId
from pipelines.assistants.content import Greeting
from pipelines.assistants.records import AssistantNotFound
from pipelines.conversations.records import Direction
from pipelines.doors.starts import StoreSlug
from pipelines.places import LIMITS_OF_ALL
from pipelines.registry import CapacityReached, ShuttingDown
from telephony.calls import Call, CallNotFound, Calls, CallState, OutboundUse, Provider
from telephony.lines import NobodyAnswers
from telephony.numbers import Number, NumberNotFound, NumberReads, NumberRefused
from telephony.outbound import (
    DialledTooOften,
    Outbound,
    OutboundLimits,
    PhoneMinutesUsed,
    PhoneUnavailable,
    Wanted,
)
from telephony.softphone import Softphones

AnyNumber = Annotated[str, Field(min_length=3, max_length=32, pattern=r"^\+[0-9 ().-]+$", examples=["+14155550123"])]


class NumberShown(Answer):
    """A telephone number of the store's: `assistant` is the slug of who answers, null for the default one."""

    id: UUID
    number: str
    provider: Provider
    assistant: str | None

    @classmethod
    def of(cls, number: Number) -> Self:
        """What is shown of a number."""
        return cls(id=number.id, number=number.number, provider=Provider(number.provider), assistant=number.assistant)


class NumbersShown(Answer):
    """All numbers that the operator has given to the store."""

    numbers: list[NumberShown]


class NumberChanged(Body):
    """Who answers: the slug of an assistant, or null for the default one."""

    assistant: StoreSlug | None


class CallWanted(Body):
    """Whom to call, in full international form.

    `from_number` is one of the store's own, its first without. The assistant says `greeting` instead of its own. An
    answering machine is told `voicemail`; without one it is hung up on.
    """

    to: AnyNumber
    from_number: AnyNumber | None = None
    assistant: StoreSlug | None = None
    greeting: Greeting | None = None
    voicemail: Greeting | None = None


class CallShown(Answer):
    """A telephone call: `number` is the store's, `caller_number` the other one, null when withheld.

    `duration_s` is told by the carrier at the end, what it costs (`cost`, a decimal number, in `currency`) up to hours
    later. `answered_by` tells of calls that were made whether a person or a machine picked up. A call with
    `transfer_of` rang a person to whom the caller of that other one was to be put through.
    """

    id: UUID
    provider: Provider
    direction: Direction
    state: CallState
    number: str
    caller_number: str | None
    assistant: str | None
    started_at: datetime
    live_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    answered_by: str | None
    transferred_to: str | None
    transfer_of: UUID | None
    conversation_id: UUID | None
    duration_s: int | None
    cost: str | None
    currency: str | None

    @classmethod
    def of(cls, call: Call) -> Self:
        """What is shown of a call."""
        told = {name: getattr(call, name) for name in cls.model_fields}
        return cls(**{**told, "cost": None if call.cost is None else f"{call.cost:f}"})


class CallPage(Answer):
    """A part of the list, newest first; `next_before` is null at its end."""

    calls: list[CallShown]
    next_before: str | None


class LimitsShown(Answer):
    """How much a store may call, and has called.

    `countries` are the calling codes of those that may be called; without any, that of the number called from.
    `seconds_used_today` counts calls of the last 24 hours that are over.
    """

    countries: list[int]
    calls_a_minute: int
    calls_at_once: int
    seconds_a_day: int
    longest_call_s: int
    calls_under_way: int
    seconds_used_today: int

    @classmethod
    def of(cls, limits: OutboundLimits, use: OutboundUse) -> Self:
        """What is shown of them."""
        return cls(
            countries=sorted(limits.countries),
            calls_a_minute=limits.calls_a_minute,
            calls_at_once=limits.calls_at_once,
            seconds_a_day=round(limits.a_day.total_seconds()),
            longest_call_s=limits.longest_s,
            calls_under_way=use.under_way,
            seconds_used_today=round(use.seconds_today),
        )


class SoftphoneToken(Answer):
    """What Twilio's Voice SDK in a browser registers with, as `identity`, for `expires_in_s` seconds."""

    token: str
    identity: str
    expires_in_s: int


class PhoneApi:
    """The handlers; they belong behind a gate of stores."""

    def __init__(
        self, calls: Calls, numbers: NumberReads, outbound: Outbound, *, softphones: Softphones | None
    ) -> None:
        self._calls = calls
        self._numbers = numbers
        self._outbound = outbound
        self._softphones = softphones

    @gives(NumbersShown)
    async def numbers(self, request: web.Request) -> web.Response:
        """List the store's telephone numbers."""
        found = await self._numbers.of_store(_store(request))
        return answered(NumbersShown(numbers=[NumberShown.of(number) for number in found]))

    @takes(NumberChanged)
    @gives(NumberShown)
    @refuses(NumberNotFound, AssistantNotFound)
    async def choose(self, request: web.Request, wanted: NumberChanged) -> web.Response:
        """Choose who answers a number."""
        number_id = path_id(request, NumberNotFound)
        number = await self._numbers.choose(_store(request), number_id, wanted.assistant)
        if number is None:
            raise NumberNotFound(number_id)
        return answered(NumberShown.of(number))

    @asks(PageWanted)
    @gives(CallPage)
    async def page(self, request: web.Request, wanted: PageWanted) -> web.Response:
        """List the store's telephone calls, newest first."""
        # One more than asked for tells whether there is a next page.
        found = await self._calls.page(_store(request), before=wanted.cursor, limit=wanted.limit + 1)
        shown = found[: wanted.limit]
        following = str(Cursor(shown[-1].started_at, shown[-1].id)) if len(found) > wanted.limit else None
        return answered(CallPage(calls=[CallShown.of(call) for call in shown], next_before=following))

    @gives(LimitsShown)
    async def limits(self, request: web.Request) -> web.Response:
        """Show how much the store may call, and has called."""
        return answered(LimitsShown.of(self._outbound.limits, await self._outbound.used(_store(request))))

    @gives(CallShown)
    @refuses(CallNotFound)
    async def show(self, request: web.Request) -> web.Response:
        """Show a telephone call."""
        call_id = path_id(request, CallNotFound)
        call = await self._calls.of_store(_store(request), call_id)
        if call is None:
            raise CallNotFound(call_id)
        return answered(CallShown.of(call))

    @takes(CallWanted)
    @gives(CallShown, status=HTTPStatus.CREATED)
    @refuses(NumberRefused, NumberNotFound, NobodyAnswers, DialledTooOften, PhoneMinutesUsed, PhoneUnavailable)
    @refuses(CapacityReached, ShuttingDown, *LIMITS_OF_ALL)
    async def dial(self, request: web.Request, wanted: CallWanted) -> web.Response:
        """Have somebody called, who then talks to an assistant."""
        call = await self._outbound.dial(
            _store(request),
            Wanted(
                to=wanted.to,
                from_number=wanted.from_number,
                assistant=wanted.assistant,
                greeting=wanted.greeting,
                voicemail=wanted.voicemail,
            ),
        )
        return answered(CallShown.of(call), status=HTTPStatus.CREATED)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(CallNotFound, PhoneUnavailable)
    async def end(self, request: web.Request) -> web.Response:
        """Hang up a telephone call, whoever called whom."""
        await self._outbound.end(_store(request), path_id(request, CallNotFound))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(SoftphoneToken)
    @refuses(PhoneUnavailable)
    async def softphone(self, request: web.Request) -> web.Response:
        """Let a browser of the store's ring and be rung, with Twilio's Voice SDK."""
        if self._softphones is None:
            raise PhoneUnavailable
        token, identity = self._softphones.token(_store(request))
        return answered(SoftphoneToken(token=token, identity=identity, expires_in_s=self._softphones.ttl_s))


def _store(request: web.Request) -> StoreId:
    return StoreId(asker_of(request).id)
