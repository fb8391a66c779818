"""Hand a caller over by Twilio's `<Dial>`: cold, or after a briefing that the person hears alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipelines.tools.destinations import Destination
from pipelines.tools.transfers import Transfer, TransferFailed
from telephony.calls import Call, Calls
from telephony.carriers import CarrierFailed
from telephony.numbers import NumberRefused, dialable
from telephony.twilio import twiml
from telephony.twilio.rest import TwilioRest
from telephony.twilio.twiml import Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioTransfers:
    """The transfers of one call. `longest_s` caps what it may cost afterwards."""

    call: Call
    destinations: Sequence[Destination]
    calls: Calls
    rest: TwilioRest
    to: Addresses
    countries: Collection[int]
    longest_s: int

    async def transfer(self, wanted: Transfer) -> None:
        """Ring the person; the media stream ends with that. Raises TransferFailed."""
        try:
            number = dialable(wanted.destination.number, countries=self.countries, ours=self.call.number)
        except NumberRefused as error:
            raise TransferFailed(error.reason) from error
        # First the note: Twilio's questions about the transfer may come before its answer.
        if not await self.calls.hand_over(self.call.id, to=number, briefing=wanted.briefing):
            raise TransferFailed("the call is over")
        document = twiml.hand_over(
            self.to, self.call, number, time_limit_s=self.longest_s, briefed=wanted.briefing is not None
        )
        try:
            done = await self.rest.redirect(self.call, document)
        except CarrierFailed as error:
            raise TransferFailed(error.reason) from error
        if not done:
            raise TransferFailed("the call is over")
