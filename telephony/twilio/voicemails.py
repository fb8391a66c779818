"""Voicemails that callers left at Twilio: of which it tells us, and of which it could not.

A recording's callback names its call and nobody else, and comes once. A voicemail that was taken while we were down is
one of a call that we know nothing of. So they are looked for as well, and its call is noted then.
https://www.twilio.com/docs/voice/twiml/record#attributes-recording-status-callback-parameters
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from pipelines.conversations.records import Direction
from telephony.calls import VOICEMAIL, Call, CallId, Calls, Provider
from telephony.numbers import NumberReads, e164
from telephony.twilio.rest import TwilioRest
from telephony.voicemail import Voicemails

# However long we were down.
LOOKED_BACK = timedelta(days=7)

log = structlog.get_logger()


class TwilioVoicemails:
    """Puts them into the inboxes of the stores that were called."""

    def __init__(
        self,
        calls: Calls,
        numbers: NumberReads,
        rest: TwilioRest,
        inbox: Voicemails,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._calls = calls
        self._numbers = numbers
        self._rest = rest
        self._inbox = inbox
        self._now = now
        # Of other programs' in the same account: asked about once.
        self._others: set[str] = set()

    async def keep(self, recording: str, *, call_sid: str, text: str) -> None:
        """Keep one. It may be told again, with its words. Raises CarrierFailed."""
        call = await self._of(call_sid)
        if call is None:
            log.warning("voicemail_for_nobody")
            return
        await self._keep(call, recording, text)

    async def look(self) -> None:
        """Find those that we were not told of. Raises CarrierFailed."""
        left = await self._rest.voicemails(since=self._now() - LOOKED_BACK)
        self._others &= {one.call_sid for one in left}
        for one in left:
            if one.call_sid in self._others:
                continue
            call = await self._of(one.call_sid)
            if call is None:
                self._others.add(one.call_sid)
            elif call.recording is None:
                log.info("voicemail_found", call_id=str(call.id))
                await self._keep(call, one.sid, f"Voicemail: {one.url}")

    async def _keep(self, call: Call, recording: str, text: str) -> None:
        await self._inbox.keep(call.store_id, recording, text=text, caller_number=call.caller_number)
        await self._calls.record(call.id, recording)

    async def _of(self, call_sid: str) -> Call | None:
        return await self._calls.find(Provider.TWILIO, call_sid) or await self._noted(call_sid)

    async def _noted(self, call_sid: str) -> Call | None:
        """The call that a flow of Twilio's has answered for us; None if it was to no number of ours."""
        parties = await self._rest.parties(call_sid)
        number = await self._numbers.find(e164(parties.to) or "") if parties else None
        if parties is None or number is None:
            return None
        call = await self._calls.ring(
            Call(
                id=CallId(uuid4()),
                provider=Provider.TWILIO,
                provider_call_id=call_sid,
                store_id=number.store_id,
                assistant=number.assistant,
                direction=Direction.INBOUND,
                number=number.number,
                caller_number=e164(parties.caller),
                started_at=parties.began_at or self._now(),
            )
        )
        await self._calls.end(call.id, VOICEMAIL, now=self._now())
        return call
