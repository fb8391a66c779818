"""Hand a caller over by Daily's `sipCallTransfer`, or by SIP REFER, which takes Daily out of the call.

https://docs.daily.co/docs/guides/features/dial-in-dial-out/transfers
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from pipelines.daily.rooms import Room
from pipelines.tools.destinations import Destination
from pipelines.tools.transfers import Transfer, TransferFailed
from telephony.calls import Call, Calls
from telephony.daily.telephone import Telephone
from telephony.numbers import NumberRefused, dialable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyTransfers:
    """The transfers of one call. With `refer_to`, the host of a telephone system, callers go there by SIP REFER."""

    call: Call
    destinations: Sequence[Destination]
    calls: Calls
    telephone: Telephone
    room: Room
    countries: Collection[int]
    refer_to: str | None

    async def reach(self, wanted: Transfer) -> None:
        """Nothing: Daily has no way to tell somebody first, and rings them only with the transfer."""
        if wanted.destination.briefed:
            log.info("briefing_not_given", call_id=str(self.call.id))

    async def transfer(self, wanted: Transfer) -> None:
        """Connect the two. Raises TransferFailed."""
        try:
            number = dialable(wanted.destination.number, countries=self.countries, ours=self.call.number)
        except NumberRefused as error:
            raise TransferFailed(error.reason) from error
        to = f"sip:{number}@{self.refer_to}" if self.refer_to else number
        # Before: once they are connected, nothing may tear it down.
        self.room.handed_over = True
        try:
            await self.telephone.hand_over(to, refer=self.refer_to is not None)
        except TransferFailed:
            self.room.handed_over = False
            raise
        await self.calls.hand_over(self.call.id, to=number)
