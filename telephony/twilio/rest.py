"""Calls over Twilio's REST API, through their own client.

https://www.twilio.com/docs/voice/api
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from twilio.rest import Client

from telephony.calls import CARRIER_ENDED, CARRIER_FAILED, NOT_CONNECTED, Bill, Call
from telephony.carriers import Look
from telephony.twilio.client import Gone, asked
from telephony.twilio.twiml import NO_ANSWER_S, Addresses

RING_S = 30
MAX_RECORDINGS = 1_000
# Over, and why. https://www.twilio.com/docs/voice/api/call-resource#call-status-values
OVER = {
    "completed": CARRIER_ENDED,
    "busy": "busy",
    "failed": CARRIER_FAILED,
    "no-answer": "no_answer",
    "canceled": NOT_CONNECTED,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A voicemail, and where it is heard."""

    sid: str
    call_sid: str
    url: str


@dataclass(frozen=True, slots=True)
class Parties:
    """Who called whom, as Twilio writes them."""

    to: str
    caller: str
    began_at: datetime | None


class TwilioRest:
    """A carrier."""

    priced = True

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self._client = client
        self._addresses = addresses

    async def dial(self, call: Call, *, time_limit_s: int) -> str:
        """Call somebody. Never tried twice."""
        to = self._addresses
        made = await asked(
            lambda: self._client.calls.create_async(
                to=call.caller_number,
                from_=call.number,
                url=to.webhook("calls", call.id, "answered"),
                fallback_url=to.webhook("fallback"),
                status_callback=to.webhook("calls", call.id, "status"),
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=RING_S,
                time_limit=time_limit_s,
                machine_detection="DetectMessageEnd",
                async_amd="true",
                async_amd_status_callback=to.webhook("calls", call.id, "machine"),
            )
        )
        return str(made.sid)

    async def ring_person(self, leg: Call, *, time_limit_s: int) -> str:
        """Call somebody of the store's, who then hears the briefing. Never tried twice."""
        to = self._addresses
        made = await asked(
            lambda: self._client.calls.create_async(
                to=leg.caller_number,
                from_=leg.number,
                url=to.webhook("calls", leg.id, "briefing"),
                status_callback=to.webhook("calls", leg.id, "status"),
                status_callback_event=["completed"],
                timeout=NO_ANSWER_S,
                time_limit=time_limit_s,
            )
        )
        return str(made.sid)

    async def hang_up(self, call: Call) -> None:
        """End a call; before it is answered that is called canceled, and `completed` does both."""
        if call.provider_call_id is not None:
            await self._update(call.provider_call_id, status="completed")

    async def redirect(self, call: Call, twiml: str) -> bool:
        """Do something else with a live call: its stream ends. False if it is over already."""
        return call.provider_call_id is not None and await self._update(call.provider_call_id, twiml=twiml)

    async def look(self, call: Call) -> Look | None:
        """Ask how a call is."""
        try:
            found = await asked(self._client.calls(call.provider_call_id).fetch_async)
        except Gone:
            return None
        return Look(OVER.get(str(found.status)), Bill(_seconds(found.duration), *_price(found.price, found.price_unit)))

    async def voicemails(self, *, since: datetime) -> list[Recording]:
        """Those that were left since then, the newest first."""
        found = await asked(
            lambda: self._client.recordings.list_async(date_created_after=since, limit=MAX_RECORDINGS),
        )
        return [
            Recording(str(one.sid), str(one.call_sid), str(one.media_url))
            for one in found
            if (one.source, one.status) == ("RecordVerb", "completed")
        ]

    async def parties(self, call_sid: str) -> Parties | None:
        """Ask who called whom; None if Twilio knows of no such call."""
        try:
            found = await asked(self._client.calls(call_sid).fetch_async)
        except Gone:
            return None
        # The client keeps "from" under a name of its own.
        return Parties(str(found.to), str(found._from), found.start_time)  # noqa: SLF001

    async def _update(self, call_sid: str, **changes: str) -> bool:
        try:
            await asked(lambda: self._client.calls(call_sid).update_async(**changes))
        except Gone:
            return False
        return True


def _seconds(text: object) -> int | None:
    return int(str(text)) if str(text).isdigit() else None


def _price(price: object, unit: object) -> tuple[Decimal | None, str | None]:
    """Twilio writes what we pay as a negative number."""
    try:
        cost = abs(Decimal(str(price)))
    except InvalidOperation:
        return None, None
    return cost, str(unit or "USD").upper()[:3]
