"""Compare our calls with the carrier's, at the start and every few minutes: no leg outlives us, no bill is missed.

A process can be killed, a callback lost. What rings or talks here and is over there is ended; what goes on there and
nobody has the media of is hung up, for it costs money and nobody hears it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from auth.background import beside
from telephony.calls import LEFT_BEHIND, MACHINE, TURNED_AWAY, VOICEMAIL, Call, Calls, CallState, Provider
from telephony.carriers import Carrier, CarrierFailed, Look

EVERY_S = 180
ROUND_S = 120
# What has begun just now is still on its way through our own webhooks.
SETTLING = timedelta(seconds=90)
# Prices come within hours; a call can last for a day.
LOOKED_AFTER = timedelta(days=2)

log = structlog.get_logger()


class Reconciling:
    """Looks after the calls of one provider; several processes may, for each step is taken once.

    `besides` is done in each round, too.
    """

    def __init__(
        self,
        provider: Provider,
        calls: Calls,
        carrier: Carrier,
        *,
        now: Callable[[], datetime],
        besides: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._provider = provider
        self._calls = calls
        self._carrier = carrier
        self._now = now
        self._besides = besides

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Reconcile now and every EVERY_S during the block."""
        async with beside(self._keep(), name="reconciling"):
            yield

    async def _keep(self) -> None:
        while True:
            try:
                async with asyncio.timeout(ROUND_S):
                    await self.reconcile()
                    if self._besides:
                        await self._besides()
            except Exception as error:  # noqa: BLE001 - whatever ails database or carrier, the next round may be better
                log.warning("calls_not_reconciled", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def reconcile(self) -> None:
        """Go through all calls that are not settled, once."""
        now = self._now()
        since, before = now - LOOKED_AFTER, now - SETTLING
        for call in await self._calls.unsettled(
            self._provider, since=since, before=before, priced=self._carrier.priced
        ):
            try:
                await self._settle(call, now)
            except CarrierFailed as error:
                log.warning("call_not_reconciled", call_id=str(call.id), reason=error.reason)

    async def _settle(self, call: Call, now: datetime) -> None:
        look = await self._carrier.look(call) if call.provider_call_id else None
        if look is None:
            # It never came to be, or is forgotten: nothing is to be hung up or paid.
            await self._calls.end(call.id, LEFT_BEHIND, now=now)
            return
        await self._calls.bill(call.id, look.bill)
        if look.over:
            await self._calls.end(call.id, look.over, now=now)
        elif self._is_left_behind(call, look, now):
            log.warning("call_left_behind", call_id=str(call.id))
            await self._carrier.hang_up(call)
            await self._calls.end(call.id, LEFT_BEHIND, now=now)

    @staticmethod
    def _is_left_behind(call: Call, look: Look, now: datetime) -> bool:
        """Whether it goes on without us; people who were connected, and machines that record, do without our media."""
        if look.over or call.transferred_to or call.end_reason in {VOICEMAIL, TURNED_AWAY, MACHINE}:
            return False
        if call.transfer_of and call.state is CallState.LIVE:
            return False
        return call.state is CallState.ENDED or call.held_until is None or call.held_until <= now
