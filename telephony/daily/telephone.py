"""A telephone in a Daily room: put through to it, called from it, handed over out of it."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from pipelines.daily.connection import Door, RoomConnection
from pipelines.limits import Limits
from pipelines.registry import LiveSession
from pipelines.tools.transfers import NotReached, TransferFailed
from telephony.calls import CARRIER_FAILED, NOT_CONNECTED
from telephony.carriers import CarrierFailed
from telephony.lines import NotConnected

# How long Daily may take to say that it does something.
ACT_S = 8.0
# How long somebody to whom a caller is handed over may take to answer.
TAKEN_S = 45.0

log = structlog.get_logger()


class Telephone(RoomConnection):
    """The one caller of a private room: nobody else has a token, so whoever comes is who has called or was."""

    by_telephone = True

    def __init__(self, door: Door, live: LiveSession, limits: Limits) -> None:
        super().__init__(door, live, limits, user_id=None)
        self._sip_endpoint = ""
        self._dialled = ""
        self._ready = asyncio.Event()
        self._answered = asyncio.Event()
        self._failed: str | None = None
        self._handing_over = False
        self._settled = asyncio.Event()
        self._taken = False
        self._gone = False
        handlers = {
            "on_dialin_ready": self._dialin_ready,
            "on_dialin_error": self._lost,
            "on_dialout_answered": self._dialout_answered,
            "on_dialout_error": self._lost,
            "on_dialout_stopped": self._lost,
        }
        for event, handler in handlers.items():
            self.transport.add_event_handler(event, handler)

    async def sip_endpoint(self, *, within_s: float) -> str:
        """Wait until the room can be dialled, and return where. Raises NotConnected."""
        await self._reached(self._ready, within_s)
        return self._sip_endpoint

    async def dial(self, number: str, *, caller_id: str, user_id: UUID) -> str:
        """Ring a telephone, and return its session id. Raises CarrierFailed; never tried twice."""
        wanted = {"phoneNumber": number, "callerId": caller_id, "displayName": "Caller", "userId": str(user_id)}
        try:
            async with asyncio.timeout(ACT_S):
                session_id, error = await self.transport.start_dialout(wanted)
        except TimeoutError:
            raise CarrierFailed("Daily did not say that it dials") from None
        if error or not session_id:
            raise CarrierFailed("Daily does not dial")
        self._dialled = str(session_id)
        return self._dialled

    async def picked_up(self, *, within_s: float) -> None:
        """Wait until whom we have called answers, and is in the room; ring no longer. Raises NotConnected."""
        try:
            await self._reached(self._answered, within_s)
            await self.connected(within_s=ACT_S)
        except NotConnected:
            if self._failed is None:
                await self._stop_ringing()
            raise

    async def connected(self, *, within_s: float) -> None:
        """Wait until the caller is in the room. Raises NotConnected."""
        if not await self.came(within_s=within_s):
            raise NotConnected(self._failed or NOT_CONNECTED)

    async def hand_over(self, to: str, *, refer: bool) -> None:
        """Have Daily connect the caller with somebody else, and wait until that is so. Raises TransferFailed."""
        act = self.transport.sip_refer if refer else self.transport.sip_call_transfer
        self._settled.clear()
        self._handing_over = True
        try:
            async with asyncio.timeout(ACT_S):
                error = await act({"sessionId": self.caller_id, "toEndPoint": to})
        except TimeoutError:
            error = None if self._gone else "no answer"
        # So far it only rings there; were we to leave now, Daily might hang up on both.
        if not error:
            await self.until(self._settled, within_s=TAKEN_S)
        if self._taken and not error:
            return
        self._handing_over = False
        if self._gone:
            self.caller_left()
        raise TransferFailed("Daily does not transfer") if error else NotReached("nobody took the call")

    def caller_left(self) -> None:
        """The caller is no longer in the room: they have hung up, or talk to somebody else."""
        self._gone = True
        if self._handing_over:
            self._settle(taken=True)
        else:
            super().caller_left()

    def _settle(self, *, taken: bool) -> None:
        if not self._settled.is_set():
            self._taken = taken
            self._settled.set()

    async def _stop_ringing(self) -> None:
        try:
            async with asyncio.timeout(ACT_S):
                error = await self.transport.stop_dialout(self._dialled)
        except TimeoutError:
            error = "no answer"
        if error:
            # It ends with the room.
            log.warning("daily_rings_on")

    async def _reached(self, event: asyncio.Event, within_s: float) -> None:
        if not await self.until(event, within_s=within_s):
            raise NotConnected(self._failed or NOT_CONNECTED)

    def _dialin_ready(self, _transport: object, sip_endpoint: str) -> None:
        self._sip_endpoint = sip_endpoint
        self._ready.set()

    def _dialout_answered(self, _transport: object, _data: object) -> None:
        if self._handing_over:
            self._settle(taken=True)
        else:
            self._answered.set()

    def _lost(self, _transport: object, data: Mapping[str, Any]) -> None:
        if self._handing_over and data.get("sessionId") != self.caller_id:
            # Whom the caller was to be handed over to; they themselves are still here.
            self._settle(taken=False)
            return
        # Before anybody is there: the line is busy, nobody picks up, or Daily cannot connect.
        self._failed = self._failed or _why(data)
        self.caller_left()


def _why(data: Mapping[str, Any]) -> str:
    """Our word for it; Daily's own are sentences, with a SIP status (RFC 3261, section 21) if there was one."""
    told = str(data.get("errorMsg", "")).lower()
    if "busy" in told or "486" in told:
        return "busy"
    return CARRIER_FAILED if told else "no_answer"
