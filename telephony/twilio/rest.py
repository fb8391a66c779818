"""Twilio's REST API, through their own client.

https://www.twilio.com/docs/voice/api
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from telephony.calls import CARRIER_ENDED, CARRIER_FAILED, NOT_CONNECTED, Bill, Call
from telephony.carriers import CarrierFailed, Look
from telephony.twilio.twiml import NO_ANSWER_S, Addresses

TIMEOUT_S = 10.0
# Only of 429, which says that nothing was done: whoever repeats a call that was made, calls twice.
ATTEMPTS = 3
FIRST_RETRY_S = 0.5
RING_S = 30
MAX_NUMBERS = 1_000
# Over, and why. https://www.twilio.com/docs/voice/api/call-resource#call-status-values
OVER = {
    "completed": CARRIER_ENDED,
    "busy": "busy",
    "failed": CARRIER_FAILED,
    "no-answer": "no_answer",
    "canceled": NOT_CONNECTED,
}

AnswerT = TypeVar("AnswerT")


class BoundedHttp(AsyncHttpClient):  # type: ignore[misc]  # Twilio ships no types
    """The client's way out: our session, a timeout for each request, and no retry that could call somebody twice.

    Theirs repeats POSTs once `max_retries` is set, and logs what is sent.
    """

    def __init__(self, http: aiohttp.ClientSession) -> None:
        super().__init__(logger=None, is_async=True, timeout=None)
        self._http = http

    async def request(  # noqa: PLR0913, PLR0917 - their signature
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - ours bounds every request
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 - none is followed
    ) -> Response:
        """Send one request, and once more when it was told to wait."""
        proof = {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
        pause_s = FIRST_RETRY_S
        for attempt in range(1, ATTEMPTS + 1):
            async with self._http.request(
                method.upper(),
                url,
                params=params,
                data=data,
                headers={**(headers or {}), **proof},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                allow_redirects=False,
            ) as answer:
                text = await answer.text()
                if answer.status != HTTPStatus.TOO_MANY_REQUESTS or attempt == ATTEMPTS:
                    return Response(answer.status, text, dict(answer.headers))
            await asyncio.sleep(pause_s)
            pause_s *= 2
        raise CarrierFailed("asked too often")


@dataclass(frozen=True, slots=True)
class TwilioNumber:
    """A number of the account's, and where Twilio asks what to do with a call to it."""

    sid: str
    number: str
    voice_url: str


class TwilioRest:
    """A carrier. `api_url` is https://api.twilio.com, or that of a region.

    `user` and `secret` are the account's id and auth token, or an API key of its.
    """

    priced = True

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        http: aiohttp.ClientSession,
        addresses: Addresses,
        *,
        user: str,
        secret: str,
        account_sid: str,
        app_sid: str,
        api_url: URL,
    ) -> None:
        self._client = Client(user, secret, account_sid, http_client=BoundedHttp(http))
        self._client.api.base_url = str(api_url).rstrip("/")
        self._addresses = addresses
        self._app_sid = app_sid

    async def dial(self, call: Call, *, time_limit_s: int) -> str:
        """Call somebody. Never tried twice."""
        to = self._addresses
        made = await _asked(
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
        made = await _asked(
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
            found = await _asked(self._client.calls(call.provider_call_id).fetch_async)
        except Gone:
            return None
        return Look(OVER.get(str(found.status)), Bill(_seconds(found.duration), *_price(found.price, found.price_unit)))

    async def numbers(self) -> list[TwilioNumber]:
        """All numbers of the account."""
        found = await _asked(lambda: self._client.incoming_phone_numbers.list_async(limit=MAX_NUMBERS))
        return [TwilioNumber(str(one.sid), str(one.phone_number), str(one.voice_url or "")) for one in found]

    async def configure(self, number: TwilioNumber) -> None:
        """Have Twilio ask us about calls to a number."""
        to = self._addresses
        await _asked(
            lambda: self._client.incoming_phone_numbers(number.sid).update_async(
                voice_application_sid=self._app_sid,
                voice_url=to.webhook("voice"),
                voice_fallback_url=to.webhook("fallback"),
                status_callback=to.webhook("status"),
            )
        )

    async def configure_application(self) -> None:
        """Have Twilio ask us about calls of the application: its numbers, and softphones in browsers."""
        to = self._addresses
        await _asked(
            lambda: self._client.applications(self._app_sid).update_async(
                voice_url=to.webhook("voice"),
                voice_method="POST",
                voice_fallback_url=to.webhook("fallback"),
                voice_fallback_method="POST",
                status_callback=to.webhook("status"),
                status_callback_method="POST",
            )
        )

    async def application_asks(self) -> str | None:
        """Whom Twilio asks about calls of the application; None if the account has no such one."""
        try:
            found = await _asked(self._client.applications(self._app_sid).fetch_async)
        except Gone:
            return None
        return str(found.voice_url or "")

    async def _update(self, call_sid: str, **changes: str) -> bool:
        try:
            await _asked(lambda: self._client.calls(call_sid).update_async(**changes))
        except Gone:
            return False
        return True


class Gone(Exception):
    """What is asked for is unknown, or the call is over: errors 20404 and 21220."""


# The call is not in progress. https://www.twilio.com/docs/errors/21220
NOT_IN_PROGRESS = 21220


async def _asked(ask: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
    try:
        return await ask()
    except TwilioRestException as error:
        if error.status == HTTPStatus.NOT_FOUND or error.code == NOT_IN_PROGRESS:
            raise Gone from None
        raise CarrierFailed(f"Twilio answered {error.status}, error {error.code}") from None
    except (TwilioException, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CarrierFailed(type(error).__name__) from None


def _seconds(text: object) -> int | None:
    return int(str(text)) if str(text).isdigit() else None


def _price(price: object, unit: object) -> tuple[Decimal | None, str | None]:
    """Twilio writes what we pay as a negative number."""
    try:
        cost = abs(Decimal(str(price)))
    except InvalidOperation:
        return None, None
    return cost, str(unit or "USD").upper()[:3]
