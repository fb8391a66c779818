"""Telephone calls, composed: what every carrier shares, and the carriers that the settings choose."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from auth.tokens.keys import shared_secret
from pipelines.identity import Guests
from server.foundation import Foundation
from server.voice import Voice
from telephony.api import PhoneApi
from telephony.call_queries import CallQueries
from telephony.calls import Provider
from telephony.carriers import Carrier
from telephony.lines import Lines
from telephony.number_queries import NumberQueries
from telephony.outbound import Outbound, OutboundLimits
from telephony.softphone import Softphones

if TYPE_CHECKING:
    from server.daily import DailyPhone
    from server.twilio import Twilio


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """The store's handlers, and the webhooks of the carriers that are there."""

    api: PhoneApi
    twilio: "Twilio | None"
    daily: "DailyPhone | None"


@asynccontextmanager
async def opened(base: Foundation, talking: Voice) -> AsyncIterator[Phone]:
    """Be ready for calls."""
    settings, calls, numbers = base.settings, CallQueries(base.pool), NumberQueries(base.pool)
    lines = Lines(
        calls,
        assistants=talking.assistants,
        places=talking.places,
        sessions=talking.sessions,
        handoffs=talking.handoffs,
        guests=Guests(shared_secret(base.keys / "guests.key")),
        now=base.now,
    )
    limits = OutboundLimits(
        countries=settings.telephony_countries,
        calls_a_minute=settings.telephony_store_calls_per_minute,
        calls_at_once=settings.telephony_store_calls_at_once,
        a_day=timedelta(minutes=settings.telephony_store_minutes_per_day),
        longest_s=settings.voice_ws_max_seconds,
    )
    carriers: dict[Provider, Carrier] = {}
    softphones: Softphones | None = None
    twilio, daily = None, None
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(lines.held())
        if "twilio" in settings.telephony_provider:
            # Their package takes a third of a second to import.
            from server import twilio as composed

            twilio = await stack.enter_async_context(composed.opened(base, talking, lines, numbers, limits))
            carriers[Provider.TWILIO], softphones = twilio.rest, twilio.softphones
        if talking.daily is not None:
            from server.daily import phone_opened

            daily = await stack.enter_async_context(phone_opened(base, talking.daily, lines, numbers, limits))
            carriers[Provider.DAILY] = daily.carrier
        outbound = Outbound(calls, numbers, lines, carriers=carriers, limits=limits, now=base.now)
        yield Phone(api=PhoneApi(calls, numbers, outbound, softphones=softphones), twilio=twilio, daily=daily)
