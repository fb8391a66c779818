"""Calls through Daily in this process: each has a room of its own, in which the assistant waits for the telephone.

A caller is on hold at Daily until the room can be dialled, for about a minute; whom we call is rung from the room.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial

import structlog

from auth.background import Tasks
from pipelines.assistants.records import Assistant
from pipelines.daily.api import DailyFailed
from pipelines.daily.connection import Door
from pipelines.daily.engine import Engine
from pipelines.daily.rooms import ASSISTANT, SPARE_S, Room, Rooms
from pipelines.daily.transport import JoinRefused
from pipelines.limits import EndReason, Limits
from pipelines.places import LIMITS_OF_ALL
from pipelines.processors.screening import Screening
from pipelines.registry import CapacityReached, LiveSession, ShuttingDown
from telephony.calls import CARRIER_ENDED, CARRIER_FAILED, NOT_CONNECTED, Bill, Call
from telephony.carriers import CarrierFailed, Look
from telephony.daily.phone_rest import PhoneRest, translated
from telephony.daily.telephone import Telephone
from telephony.daily.transfers import DailyTransfers
from telephony.lines import Connect, Leg, Lines, NobodyAnswers, NotConnected

# From the webhook on. Daily plays its music for about a minute, and then its apology.
HOLD_S = 55.0
RING_S = 30.0
# From being put through to being in the room.
CONNECT_S = 10.0
SIP = {"display_name": "Caller", "video": False, "sip_mode": "dial-in", "num_endpoints": 1}
# Calling a telephone, also to hand somebody over. Daily allows it to domains that have asked, on plans that are paid.
DIALOUT = {"enable_dialout": True}

log = structlog.get_logger()


class DailyCalls:
    """A carrier, and where calls that come in are answered."""

    # Daily bills by the month, and tells no call's price.
    priced = False

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        lines: Lines,
        rooms: Rooms,
        engine: Engine,
        rest: PhoneRest,
        *,
        limits: Limits,
        countries: Collection[int],
        refer_to: str | None,
    ) -> None:
        self._lines = lines
        self._rooms = rooms
        self._engine = engine
        self._rest = rest
        self._limits = limits
        self._countries = countries
        self._refer_to = refer_to
        self._running = Tasks()

    def answer(self, call: Call, *, domain: str) -> None:
        """Talk to a caller who is on hold at Daily; it goes on when the webhook is answered."""
        self._running.begin(self._converse(call, partial(self._dialled_in, call, domain)))

    async def dial(self, call: Call, *, time_limit_s: int) -> str:
        """Call somebody, and return Daily's id of the call. Never tried twice."""
        dialled: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._running.begin(self._dial(call, time_limit_s, dialled))
        return await dialled

    async def hang_up(self, call: Call) -> None:
        """End a call, whichever process has it: everybody is put out of its room."""
        with translated():
            await self._rooms.clear(call.id)

    async def look(self, call: Call) -> Look | None:
        """Ask how a call is: it goes on while somebody besides us is in its room."""
        with translated():
            present = await self._rooms.present(call.id)
        if present is None:
            return None
        there = any(user_id != ASSISTANT for _, user_id in present)
        return Look(None if there else CARRIER_ENDED, Bill())

    async def close(self) -> None:
        """End what has outlasted the server's patience."""
        await self._running.close()

    async def _dial(self, call: Call, time_limit_s: int, dialled: asyncio.Future[str]) -> None:
        try:
            await self._converse(call, partial(self._dialled_out, call, time_limit_s, dialled))
        finally:
            if not dialled.done():
                dialled.set_exception(CarrierFailed("nobody was dialled"))

    async def _converse(self, call: Call, connect: Connect) -> None:
        try:
            ended = await self._lines.converse(call, connect)
        except (CapacityReached, ShuttingDown, *LIMITS_OF_ALL, NobodyAnswers) as error:
            log.warning("call_turned_away", call_id=str(call.id), reason=type(error).__name__)
        except NotConnected as error:
            log.info("call_not_connected", call_id=str(call.id), reason=error.reason)
        except Exception:
            log.exception("call_failed", call_id=str(call.id))
        else:
            if ended is EndReason.TRANSFERRED:
                # Daily tells us nothing more of it.
                await self._lines.end(call.id, EndReason.TRANSFERRED)

    @asynccontextmanager
    async def _dialled_in(self, call: Call, domain: str, live: LiveSession, assistant: Assistant) -> AsyncIterator[Leg]:
        until_s = time.monotonic() + HOLD_S
        with _carried(call):
            # Daily rings whom a caller is put through to; SIP REFER has somebody else do it.
            rings = bool(assistant.transfer_to) and self._refer_to is None
            if_allowed = DIALOUT if rings else {}
            opening = self._room(call, live, self._limits.max_session_s, if_allowed=if_allowed, sip=SIP)
            async with opening as (room, telephone):
                sip_uri = await telephone.sip_endpoint(within_s=until_s - time.monotonic())
                left_s = until_s - time.monotonic()
                call_id = call.provider_call_id or ""
                if not await self._rest.put_through(call_id, domain, sip_uri=sip_uri, within_s=left_s):
                    raise NotConnected(NOT_CONNECTED)
                await telephone.connected(within_s=CONNECT_S)
                yield await self._live(call, assistant, room, telephone)

    @asynccontextmanager
    async def _dialled_out(
        self, call: Call, time_limit_s: int, dialled: asyncio.Future[str], live: LiveSession, assistant: Assistant
    ) -> AsyncIterator[Leg]:
        with _carried(call):
            caller_id = await self._rest.number_id(call.number)
            if caller_id is None:
                raise CarrierFailed("the Daily domain has no such number")
            async with self._room(call, live, time_limit_s, if_allowed={}, **DIALOUT) as (room, telephone):
                number = call.caller_number or ""
                dialled.set_result(await telephone.dial(number, caller_id=caller_id, user_id=call.id))
                await telephone.picked_up(within_s=RING_S)
                leg = await self._live(call, assistant, room, telephone)
                screening = Screening(live, message=call.voicemail, heard=partial(self._lines.calls.hear, call.id))
                # The room's own end comes later, and nobody says goodbye.
                ending = asyncio.get_running_loop().call_later(time_limit_s, live.end, EndReason.TIME_LIMIT)
                try:
                    yield replace(leg, screening=screening)
                finally:
                    ending.cancel()

    @asynccontextmanager
    async def _room(
        self,
        call: Call,
        live: LiveSession,
        longest_s: float,
        *,
        if_allowed: Mapping[str, object],
        **properties: object,
    ) -> AsyncIterator[tuple[Room, Telephone]]:
        lasts_s = longest_s + HOLD_S + SPARE_S
        made = self._rooms.made(call.id, live.id, lasts_s=lasts_s, if_allowed=if_allowed, **properties)
        async with made as room:
            token = await self._rooms.assistant_token(room, lasts_s=lasts_s)
            door = Door(room=room, token=token, engine=self._engine, stranger=self._rooms.seen)
            async with Telephone(door, live, self._limits).joined() as telephone:
                yield room, telephone

    async def _live(self, call: Call, assistant: Assistant, room: Room, telephone: Telephone) -> Leg:
        live = await self._lines.go_live(call.id, stream=0)
        if live is None:
            raise NotConnected(CARRIER_ENDED)
        transfers = DailyTransfers(
            call=live,
            destinations=assistant.transfer_to,
            calls=self._lines.calls,
            telephone=telephone,
            room=room,
            countries=self._countries,
            refer_to=self._refer_to,
        )
        return Leg(connection=telephone, transfers=transfers)


@contextmanager
def _carried(call: Call) -> Iterator[None]:
    """What keeps Daily from carrying a call, as the reason why it ends."""
    try:
        yield
    except (DailyFailed, JoinRefused, CarrierFailed) as error:
        log.warning("daily_call_not_carried", call_id=str(call.id), reason=error.reason)
        raise NotConnected(CARRIER_FAILED) from error
