"""What Twilio asks and tells, under /phone/twilio: each request signed, each answer TwiML or empty.

They come in any order, twice, and to any process. Nothing here depends on what this process remembers.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import structlog
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from auth.http.operations import read_body
from pipelines.conversations.records import Direction
from pipelines.places import LIMITS_OF_ALL
from pipelines.registry import CapacityReached, ShuttingDown
from telephony.calls import (
    MACHINE,
    NOBODY_ANSWERS,
    TURNED_AWAY,
    VOICEMAIL,
    Bill,
    Call,
    CallId,
    CallState,
    Provider,
)
from telephony.carriers import CarrierFailed
from telephony.lines import Lines, NobodyAnswers
from telephony.numbers import NumberReads, e164, masked
from telephony.twilio import twiml
from telephony.twilio.rest import OVER, TwilioRest
from telephony.twilio.signatures import Signatures
from telephony.twilio.tokens import StreamTokens
from telephony.twilio.twiml import Addresses
from telephony.twilio.voicemails import TwilioVoicemails

Form = MultiDictProxy[str]
Answering = Callable[[web.Request, Form], Awaitable[str]]

# Of text that comes with a webhook and is kept.
MAX_CHARACTERS = 1_500
# A person, or silence that may be one. https://www.twilio.com/docs/voice/answering-machine-detection
PEOPLE = frozenset({"human", "unknown"})

log = structlog.get_logger()


class Webhooks:
    """The handlers. `signed` stands before each of them."""

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        lines: Lines,
        numbers: NumberReads,
        *,
        signatures: Signatures,
        tokens: StreamTokens,
        to: Addresses,
        rest: TwilioRest,
        voicemails: TwilioVoicemails,
        now: Callable[[], datetime],
    ) -> None:
        self._lines = lines
        self._numbers = numbers
        self._signatures = signatures
        self._tokens = tokens
        self._to = to
        self._rest = rest
        self._voicemails = voicemails
        self._now = now

    def signed(self, answer: Answering) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Answer a request with TwiML, if Twilio has signed it."""

        async def checked(request: web.Request) -> web.Response:
            form = _form(await read_body(request))
            if not self._signatures.good(request.path_qs, form, request.headers):
                log.warning("webhook_not_signed", path=request.path)
                return web.Response(status=HTTPStatus.FORBIDDEN)
            document = await answer(request, form)
            return web.Response(text=document, content_type="text/xml")

        return checked

    async def voice(self, _request: web.Request, form: Form) -> str:
        """Somebody calls a number of ours. The same call again gets the same answer."""
        number = await self._numbers.find(e164(form.get("To", "")) or "")
        if number is None:
            log.warning("call_to_unknown_number", to=masked(form.get("To")))
            return twiml.not_in_service()
        ringing = Call(
            id=CallId(uuid4()),
            provider=Provider.TWILIO,
            provider_call_id=_sid(form),
            store_id=number.store_id,
            assistant=number.assistant,
            direction=Direction.INBOUND,
            number=number.number,
            caller_number=e164(form.get("From", "")),
            started_at=self._now(),
        )
        call = await self._lines.calls.ring(ringing)
        if call.id != ringing.id:
            return self._refusing(call) or twiml.talk(self._to, call, self._tokens.of(call, streams=0))
        log.info("call_rings", call_id=str(call.id), caller=masked(call.caller_number))
        try:
            await self._lines.expect(call)
        except (CapacityReached, ShuttingDown, *LIMITS_OF_ALL) as error:
            log.warning("call_turned_away", call_id=str(call.id), reason=type(error).__name__)
            await self._lines.end(call.id, VOICEMAIL)
            return twiml.take_voicemail(self._to)
        except NobodyAnswers:
            await self._lines.end(call.id, NOBODY_ANSWERS)
            return twiml.not_in_service()
        return twiml.talk(self._to, call, self._tokens.of(call, streams=0))

    def _refusing(self, call: Call) -> str | None:
        """What a caller is told with whom nobody could talk; None for any other."""
        if call.direction is Direction.OUTBOUND:
            return None
        if call.end_reason in {VOICEMAIL, TURNED_AWAY}:
            return twiml.take_voicemail(self._to)
        return twiml.not_in_service() if call.end_reason == NOBODY_ANSWERS else None

    async def answered(self, request: web.Request, form: Form) -> str:
        """Whom we called has picked up."""
        call = await self._named(request, form)
        if call is None or call.state is CallState.ENDED:
            return twiml.hang_up()
        return twiml.talk(self._to, call, self._tokens.of(call, streams=0))

    async def status(self, request: web.Request, form: Form) -> str:
        """A call has come further; once it is over, for how long it lasted."""
        call = await self._named(request, form)
        over = OVER.get(form.get("CallStatus", ""))
        if call is not None and over is not None:
            seconds = form.get("CallDuration", "")
            await self._lines.calls.bill(call.id, Bill(duration_s=int(seconds[:6]) if seconds.isdecimal() else None))
            await self._lines.end(call.id, over)
            await self._let_go(call)
        return twiml.go_on()

    async def _let_go(self, over: Call) -> None:
        """Nobody is rung or waits for a caller who has left, and nobody for a person who has."""
        calls = self._lines.calls
        others = list(await calls.rung_for(over))
        handed_over = await calls.get(over.transfer_of) if over.transfer_of and over.state is CallState.LIVE else None
        if handed_over and handed_over.transferred_to:
            others.append(handed_over)
        for other in others:
            try:
                await self._rest.hang_up(other)
            except CarrierFailed as error:
                log.warning("call_not_let_go", call_id=str(other.id), reason=error.reason)

    async def machine(self, request: web.Request, form: Form) -> str:
        """A person or an answering machine has answered; machines are told the voicemail, or nothing."""
        call = await self._named(request, form)
        answered_by = form.get("AnsweredBy", "")[:40]
        if call is None or not answered_by:
            return twiml.go_on()
        await self._lines.calls.hear(call.id, answered_by)
        if answered_by in PEOPLE or call.state is CallState.ENDED:
            return twiml.go_on()
        log.info("machine_answered", call_id=str(call.id), answered_by=answered_by)
        try:
            await self._leave(call)
        except CarrierFailed as error:
            # The conversation with the machine ends at its time limit.
            log.warning("voicemail_not_left", call_id=str(call.id), reason=error.reason)
        return twiml.go_on()

    async def _leave(self, call: Call) -> None:
        if call.voicemail:
            await self._rest.redirect(call, twiml.say_goodbye(call.voicemail))
        else:
            await self._rest.hang_up(call)
        await self._lines.end(call.id, MACHINE)

    async def streamed(self, request: web.Request, form: Form) -> str:
        """A stream is over: so is the call, unless its process stopped or was killed, and it goes on in another one.

        Whoever found no place once the stream was there leaves a voicemail.
        """
        call = await self._named(request, form)
        if call is None:
            return twiml.hang_up()
        if call.state is CallState.ENDED or not await self._lines.goes_on(call):
            return self._refusing(call) or twiml.hang_up()
        log.info("call_goes_on", call_id=str(call.id))
        return twiml.talk(self._to, call, self._tokens.of(call, streams=call.streams))

    async def briefing(self, request: web.Request, form: Form) -> str:
        """The person has picked up, and hears who calls and why; who is to be told nothing takes the call with that."""
        leg, _caller = await self._rung(request, form)
        if leg and leg.briefing:
            return twiml.brief(self._to, leg)
        return await self.accepted(request, form)

    async def accepted(self, request: web.Request, form: Form) -> str:
        """The person takes the call, and waits for the caller to be brought; asked twice, the answer is the same."""
        leg, caller = await self._rung(request, form)
        if leg is None or caller is None:
            return twiml.say_goodbye(twiml.CALLER_LEFT)
        if await self._lines.calls.accept(leg.id, now=self._now()):
            log.info("transfer_accepted", call_id=str(caller.id))
        return twiml.meet(leg)

    async def _rung(self, request: web.Request, form: Form) -> tuple[Call | None, Call | None]:
        """The call that rings a person, and the one that they shall take over; None when either is over."""
        leg = await self._named(request, form)
        caller = await self._lines.calls.get(leg.transfer_of) if leg and leg.transfer_of else None
        if leg is None or caller is None or CallState.ENDED in {leg.state, caller.state}:
            return None, None
        return leg, caller

    async def fallback(self, _request: web.Request, form: Form) -> str:
        """Something of ours has failed: apologise, and take a voicemail."""
        log.error("fallback_asked", error_code=form.get("ErrorCode", "")[:10], url=form.get("ErrorUrl", "")[:200])
        return twiml.take_voicemail(self._to)

    async def thanks(self, _request: web.Request, _form: Form) -> str:
        """The caller has left a voicemail."""
        return twiml.say_goodbye(twiml.THANKS)

    async def recorded(self, _request: web.Request, form: Form) -> str:
        """A voicemail is there: its store finds it in the inbox."""
        await self._keep(form, f"Voicemail: {form.get('RecordingUrl', '')[:MAX_CHARACTERS]}")
        return twiml.go_on()

    async def transcribed(self, _request: web.Request, form: Form) -> str:
        """And what was said in it."""
        if form.get("TranscriptionStatus") == "completed":
            text = form.get("TranscriptionText", "")[:MAX_CHARACTERS]
            await self._keep(form, f"Voicemail: {text} {form.get('RecordingUrl', '')[:300]}".strip())
        return twiml.go_on()

    async def _keep(self, form: Form, text: str) -> None:
        recording = form.get("RecordingSid", "")[:64]
        if recording:
            try:
                await self._voicemails.keep(recording, call_sid=_sid(form), text=text)
            except CarrierFailed as error:
                # It is looked for again.
                log.warning("voicemail_not_kept", reason=error.reason)

    async def _called(self, request: web.Request) -> Call | None:
        try:
            call_id = CallId(UUID(request.match_info["id"]))
        except ValueError:
            return None
        return await self._lines.calls.get(call_id)

    async def _named(self, request: web.Request, form: Form) -> Call | None:
        """The call that the path or the form names; whichever webhook comes first tells its CallSid."""
        if "id" not in request.match_info:
            return await self._lines.calls.find(Provider.TWILIO, _sid(form))
        call = await self._called(request)
        if call is None or call.provider_call_id == _sid(form):
            return call
        if call.provider_call_id is None:
            await self._lines.calls.name(call.id, _sid(form))
            return await self._lines.calls.get(call.id)
        return None


def _form(body: bytes) -> Form:
    """Twilio's forms are of this one kind; what is none of them has no good signature either."""
    return MultiDictProxy(MultiDict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)))


def _sid(form: Form) -> str:
    return form.get("CallSid", "")[:64]
