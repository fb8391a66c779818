"""Twilio's own client, with a way out that is ours.

https://www.twilio.com/docs/libraries/python
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from telephony.carriers import CarrierFailed

TIMEOUT_S = 10.0
# Only of 429, which says that nothing was done: whoever repeats a call that was made, calls twice.
ATTEMPTS = 3
FIRST_RETRY_S = 0.5
# The call is not in progress. https://www.twilio.com/docs/errors/21220
NOT_IN_PROGRESS = 21220

AnswerT = TypeVar("AnswerT")


class Gone(Exception):
    """What is asked for is unknown, or the call is over: errors 20404 and 21220."""


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


def client(http: aiohttp.ClientSession, *, user: str, secret: str, account_sid: str, api_url: URL) -> Client:
    """Twilio's client for an account.

    `user` and `secret` are the account's id and auth token, or an API key of its. `api_url` is https://api.twilio.com,
    or that of a region, where Studio has the same name but for its beginning.
    """
    made = Client(user, secret, account_sid, http_client=BoundedHttp(http))
    made.api.base_url = str(api_url).rstrip("/")
    made.studio.base_url = made.api.base_url.replace("//api.", "//studio.", 1)
    return made


async def asked(ask: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
    """Ask Twilio. Raises Gone or CarrierFailed."""
    try:
        return await ask()
    except TwilioRestException as error:
        if error.status == HTTPStatus.NOT_FOUND or error.code == NOT_IN_PROGRESS:
            raise Gone from None
        raise CarrierFailed(f"Twilio answered {error.status}, error {error.code}") from None
    except (TwilioException, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise CarrierFailed(type(error).__name__) from None
