"""What Daily is asked about telephones: our numbers, what happens on a call to one, and putting callers through.

https://docs.daily.co/reference/rest-api/dial-in, https://docs.daily.co/reference/rest-api/phone-numbers
"""

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.daily.api import DailyApi, DailyFailed, Json
from telephony.carriers import CarrierFailed

WEBHOOK_PATH = "/phone/daily/dialin"
NAME_PREFIX = "storeline"
APOLOGY = "Nobody can talk to you right now. Please call again later."


class PhoneRest:
    """The telephones of one Daily domain. Every method is bounded, and raises CarrierFailed."""

    def __init__(self, api: DailyApi) -> None:
        self._api = api

    async def number_id(self, number: str) -> str | None:
        """Daily's id of a number that was bought there, by which it knows what to show as ours when we call."""
        with translated():
            found = _listed(await self._api.get("purchased-phone-numbers"))
        return next((str(one.get("id")) for one in found if one.get("number") == number), None)

    async def put_through(self, call_id: str, domain: str, *, sip_uri: str, within_s: float) -> None:
        """Connect a caller on hold with a room, trying until `within_s`: they hear music meanwhile."""
        body = {"callId": call_id, "callDomain": domain, "sipUri": sip_uri}
        with translated():
            await self._api.send("dialin/pinlessCallUpdate", body, again=True, within_s=within_s)

    async def configure(self, number: str, *, webhook: str, secret: str) -> None:
        """Have Daily ask us about calls to a number, and sign that with our secret."""
        wanted = {
            "type": "pinless_dialin",
            "phone_number": number,
            "name_prefix": NAME_PREFIX,
            "room_creation_api": webhook,
            "hmac": secret,
            "timeout_config": {"message": APOLOGY},
        }
        with translated():
            known = _listed(await self._api.get("domain-dialin-config", phone_number=number))
            if known:
                await self._api.send(f"domain-dialin-config/{known[0].get('id')}", wanted, again=True, method="PUT")
            else:
                await self._api.send("domain-dialin-config", wanted)


@contextmanager
def translated() -> Iterator[None]:
    """Daily's failures as those of any carrier."""
    try:
        yield
    except DailyFailed as error:
        raise CarrierFailed(error.reason) from error


def _listed(answer: Json | None) -> list[Json]:
    data = answer.get("data") if answer else None
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
