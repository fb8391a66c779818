"""What Daily is asked about telephones: our numbers, what happens on a call to one, and putting callers through.

https://docs.daily.co/reference/rest-api/dial-in, https://docs.daily.co/reference/rest-api/phone-numbers
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from pipelines.daily.api import DailyApi, DailyFailed, Json
from telephony.carriers import CarrierFailed

WEBHOOK_PATH = "/phone/daily/dialin"
NAME_PREFIX = "storeline"
PINLESS = "pinless_dialin"
# What callers hear whom nobody has put through when Daily's patience is over.
APOLOGY = "Nobody can talk to you right now. Please call again later."
FORWARDINGS = 3
FORWARDING_PAUSE_S = 0.5


class PhoneRest:
    """The telephones of one Daily domain. Every method is bounded, and raises CarrierFailed."""

    def __init__(self, api: DailyApi) -> None:
        self._api = api

    async def number_id(self, number: str) -> str | None:
        """Daily's id of a number that was bought there, by which it knows what to show as ours when we call."""
        with translated():
            found = _listed(await self._api.get("purchased-phone-numbers"))
        return next((str(one.get("id")) for one in found if one.get("number") == number), None)

    async def put_through(self, call_id: str, domain: str, *, sip_uri: str, within_s: float) -> bool:
        """Connect a caller on hold with a room, trying for `within_s`: they hear music. False if they have hung up."""
        body = {"callId": call_id, "callDomain": domain, "sipUri": sip_uri}
        until_s = time.monotonic() + within_s
        with translated():
            for _ in range(FORWARDINGS):
                try:
                    left_s = until_s - time.monotonic()
                    await self._api.send("dialin/pinlessCallUpdate", body, again=True, within_s=left_s)
                except DailyFailed as error:
                    # "Call forwarding failed": nobody is on hold any more, or the room was not to be reached just then.
                    if error.status != HTTPStatus.NOT_FOUND:
                        raise
                    await asyncio.sleep(FORWARDING_PAUSE_S)
                else:
                    return True
        return False

    async def configure(self, number: str, *, webhook: str, secret: str) -> None:
        """Have Daily ask us about calls to a number, and sign that with our secret."""
        wanted = {
            "phone_number": number,
            "name_prefix": NAME_PREFIX,
            "room_creation_api": webhook,
            "hmac": secret,
            "timeout_config": {"message": APOLOGY},
        }
        with translated():
            # Numbers are filtered by what they contain, in some of its versions.
            listed = _listed(await self._api.get("domain-dialin-config", phone_number=number))
            known = next((one for one in listed if _configured(one) == number), None)
            if known is None:
                await self._api.send("domain-dialin-config", {"type": PINLESS, **wanted})
            elif known.get("type") == PINLESS:
                await self._api.send(f"domain-dialin-config/{known.get('id')}", wanted, again=True, method="PUT")
            else:
                raise CarrierFailed("the number asks callers for a PIN; delete its dial-in configuration there first")


@contextmanager
def translated() -> Iterator[None]:
    """Daily's failures as those of any carrier."""
    try:
        yield
    except DailyFailed as error:
        raise CarrierFailed(error.reason) from error


def _configured(listed: Json) -> object:
    config = listed.get("config")
    return config.get("phone_number") if isinstance(config, dict) else None


def _listed(answer: Json | None) -> list[Json]:
    data = answer.get("data") if answer else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
