"""POST /phone/daily/dialin: somebody calls a number of ours at Daily, and is on hold until we put them through.

It comes more than once and to any process; the call's id is claimed once. What we answer says nothing: Daily acts on
`pinlessCallUpdate` alone.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auth.http.operations import read_body
from pipelines.conversations.records import Direction
from pipelines.places import LIMITS_OF_ALL
from pipelines.registry import CapacityReached, ShuttingDown
from telephony.calls import NOBODY_ANSWERS, TURNED_AWAY, Call, CallId, Provider
from telephony.daily.calls import DailyCalls
from telephony.daily.signatures import PinlessSignatures
from telephony.lines import Lines, NobodyAnswers
from telephony.numbers import Number, NumberReads, e164, masked

log = structlog.get_logger()


class DialIn(BaseModel):
    """What Daily tells of a call. Without an id it is the test that it sends when a number is set up."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    to: str = Field(default="", alias="To", max_length=200)
    caller: str = Field(default="", alias="From", max_length=200)
    call_id: str | None = Field(default=None, alias="callId", pattern=r"^[\w.@:\-]{1,100}$")
    call_domain: str = Field(default="", alias="callDomain", max_length=200)


class DialInWebhook:
    """The handler."""

    def __init__(
        self,
        lines: Lines,
        numbers: NumberReads,
        calls: DailyCalls,
        *,
        signatures: PinlessSignatures,
        now: Callable[[], datetime],
    ) -> None:
        self._lines = lines
        self._numbers = numbers
        self._calls = calls
        self._signatures = signatures
        self._now = now

    async def ring(self, request: web.Request) -> web.Response:
        """Answer a webhook; the caller is put through afterwards."""
        body = await read_body(request)
        signed = self._signatures.good(request.headers, body)
        try:
            told = DialIn.model_validate_json(body)
        except ValidationError:
            told = None
        if told is not None and told.call_id is None:
            # Signed or not, nothing follows from it.
            return web.json_response({})
        if told is None or not signed:
            log.warning("webhook_not_signed", path=request.path)
            return web.Response(status=HTTPStatus.FORBIDDEN)
        number = await self._numbers.find(e164(told.to) or "")
        if number is None or number.provider != Provider.DAILY:
            log.warning("call_to_unknown_number", to=masked(told.to))
        else:
            await self._ring(number, told)
        return web.json_response({})

    async def _ring(self, number: Number, told: DialIn) -> None:
        ringing = Call(
            id=CallId(uuid4()),
            provider=Provider.DAILY,
            provider_call_id=told.call_id,
            store_id=number.store_id,
            assistant=number.assistant,
            direction=Direction.INBOUND,
            number=number.number,
            caller_number=e164(told.caller),
            started_at=self._now(),
        )
        call = await self._lines.calls.ring(ringing)
        if call.id != ringing.id:
            return
        log.info("call_rings", call_id=str(call.id), caller=masked(call.caller_number))
        try:
            await self._lines.expect(call)
        except (CapacityReached, ShuttingDown, *LIMITS_OF_ALL) as error:
            # They hear Daily's apology once its music is over: only an assistant in a room could tell them more.
            log.warning("call_turned_away", call_id=str(call.id), reason=type(error).__name__)
            await self._lines.end(call.id, TURNED_AWAY)
        except NobodyAnswers:
            await self._lines.end(call.id, NOBODY_ANSWERS)
        else:
            self._calls.answer(call, domain=told.call_domain)
