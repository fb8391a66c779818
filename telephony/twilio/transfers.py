"""Hand a caller over, warm or cold: the person is rung, briefed if they want to be, and only then gets the caller.

The person is rung by a call of its own, while the caller stays on our stream and in their conversation. Once they have
picked up, and whoever is briefed has pressed a key, both calls meet in a conference of Twilio's; only then does the
stream end.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import structlog

from pipelines.conversations.records import Direction
from pipelines.tools.destinations import Destination
from pipelines.tools.transfers import NotReached, Transfer, TransferFailed
from telephony.calls import CARRIER_FAILED, Call, CallId, Calls, CallState
from telephony.carriers import CarrierFailed
from telephony.numbers import NumberRefused, dialable
from telephony.twilio import twiml
from telephony.twilio.rest import TwilioRest

# Webhooks come to any process, so the row is looked at.
LOOK_EVERY_S = 0.25
# Ringing, and the briefing twice over.
REACHED_WITHIN_S = 75.0
# The person talks for as long as a caller may; the rest is the briefing.
BRIEFING_S = 60
BRIEFING = "This is the assistant of {store}. A caller would like to talk to you. {briefing}"
MAX_BRIEFING_CHARS = 500

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class TwilioTransfers:
    """The transfers of one call. `longest_s` caps what each may cost."""

    call: Call
    store_name: str
    destinations: Sequence[Destination]
    calls: Calls
    rest: TwilioRest
    countries: Collection[int]
    longest_s: int
    now: Callable[[], datetime]
    _leg: Call | None = field(default=None, init=False)

    async def reach(self, wanted: Transfer) -> None:
        """Ring the person and wait until they take the call. Raises NotReached, or TransferFailed."""
        briefing = BRIEFING.format(store=self.store_name, briefing=wanted.briefing)[:MAX_BRIEFING_CHARS]
        leg = Call(
            id=CallId(uuid4()),
            provider=self.call.provider,
            store_id=self.call.store_id,
            direction=Direction.OUTBOUND,
            number=self.call.number,
            caller_number=self._number(wanted),
            briefing=briefing if wanted.destination.briefed else None,
            transfer_of=self.call.id,
            started_at=self.now(),
        )
        await self.calls.ring(leg)
        try:
            sid = await self.rest.ring_person(leg, time_limit_s=self.longest_s + BRIEFING_S)
        except CarrierFailed as error:
            await self.calls.end(leg.id, CARRIER_FAILED, now=self.now())
            raise TransferFailed(error.reason) from error
        await self.calls.name(leg.id, sid)
        self._leg = await self._taken(leg)

    async def transfer(self, wanted: Transfer) -> None:
        """Take the caller to the person; the media stream ends with that. Raises TransferFailed."""
        # First the note: Twilio's questions about the transfer may come before its answer.
        if not await self.calls.hand_over(self.call.id, to=self._number(wanted)):
            raise TransferFailed("the call is over")
        try:
            await self._redirect()
        except CarrierFailed as error:
            await self._stay()
            raise TransferFailed(error.reason) from error
        except TransferFailed:
            await self._stay()
            raise

    async def _redirect(self) -> None:
        leg = self._leg and await self.calls.get(self._leg.id)
        if leg is None or leg.state is CallState.ENDED:
            raise NotReached("hung up again")
        if not await self.rest.redirect(self.call, twiml.meet(leg, time_limit_s=self.longest_s)):
            raise TransferFailed("the call is over")

    async def _taken(self, leg: Call) -> Call:
        """Wait until the person takes the call."""
        try:
            async with asyncio.timeout(REACHED_WITHIN_S):
                while True:
                    known = await self.calls.get(leg.id)
                    if known is None or known.state is CallState.ENDED:
                        raise NotReached(known.end_reason or "unknown" if known else "unknown")
                    if known.state is CallState.LIVE:
                        return known
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            await self._let_go(leg)
            raise NotReached("no answer in time") from None

    async def _stay(self) -> None:
        await self.calls.keep(self.call.id)
        if self._leg:
            await self._let_go(self._leg)

    async def _let_go(self, leg: Call) -> None:
        known = await self.calls.get(leg.id) or leg
        try:
            await self.rest.hang_up(known)
        except CarrierFailed as error:
            # Its time limit ends it, or reconciliation does before.
            log.warning("person_not_let_go", call_id=str(leg.id), reason=error.reason)

    def _number(self, wanted: Transfer) -> str:
        try:
            return dialable(wanted.destination.number, countries=self.countries, ours=self.call.number)
        except NumberRefused as error:
            raise TransferFailed(error.reason) from error
