"""Daily, composed: rooms and the conversations of apps in them, and telephone calls."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from pipelines.daily import engine
from pipelines.daily.api import DailyApi
from pipelines.daily.engine import Engine
from pipelines.daily.room_queries import RoomQueries
from pipelines.daily.rooms import Others, Rooms
from pipelines.doors.rooms import RoomDoor
from pipelines.limits import Limits
from pipelines.places import Places
from pipelines.voice_sessions import VoiceSessions
from server.daily_account import api_of, signatures_of
from server.foundation import Foundation
from telephony.calls import Provider
from telephony.daily.calls import DailyCalls
from telephony.daily.phone_rest import PhoneRest
from telephony.daily.webhooks import DialInWebhook
from telephony.lines import Lines
from telephony.numbers import NumberReads
from telephony.outbound import OutboundLimits
from telephony.reconciling import Reconciling


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """What asks Daily, and the door of the apps."""

    api: DailyApi
    rooms: Rooms
    engine: Engine
    door: RoomDoor
    limits: Limits


@asynccontextmanager
async def opened(base: Foundation, places: Places, sessions: VoiceSessions) -> AsyncIterator[Daily]:
    """Be ready for rooms, and delete those that were left behind."""
    settings = base.settings
    async with AsyncExitStack() as stack:
        # No proxy and no cookies; what goes out is bounded by the client itself.
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        running = await stack.enter_async_context(engine.running())
        api = api_of(settings, http)
        rooms = Rooms(api, RoomQueries(base.pool), others=Others(settings.telephony_daily_others), now=base.now)
        await stack.enter_async_context(rooms.kept())
        fixed = URL(settings.telephony_daily_room_url) if settings.telephony_daily_room_url else None
        door = RoomDoor(rooms, running, places=places, sessions=sessions, fixed=fixed)
        stack.push_async_callback(door.close)
        yield Daily(api=api, rooms=rooms, engine=running, door=door, limits=sessions.limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPhone:
    """What Daily asks, and what asks Daily to call."""

    webhook: DialInWebhook
    carrier: DailyCalls


@asynccontextmanager
async def phone_opened(
    base: Foundation, daily: Daily, lines: Lines, numbers: NumberReads, limits: OutboundLimits
) -> AsyncIterator[DailyPhone]:
    """Be ready for calls over Daily, and look after those that were left behind."""
    calls = DailyCalls(
        lines,
        daily.rooms,
        daily.engine,
        PhoneRest(daily.api),
        limits=daily.limits,
        countries=limits.countries,
        refer_to=base.settings.telephony_daily_refer_to,
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(calls.close)
        await stack.enter_async_context(Reconciling(Provider.DAILY, lines.calls, calls, now=base.now).kept())
        webhook = DialInWebhook(lines, numbers, calls, signatures=signatures_of(base.keys, base.now), now=base.now)
        yield DailyPhone(webhook=webhook, carrier=calls)
