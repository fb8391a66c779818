"""What is set up in a Twilio account: its numbers, its TwiML App, and who answers while we are down.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource,
https://www.twilio.com/docs/usage/api/applications and https://www.twilio.com/docs/studio/rest-api/v2/flow .
"""

from dataclasses import dataclass

from twilio.rest import Client

from telephony.twilio.client import Gone, asked
from telephony.twilio.flow import take_voicemail
from telephony.twilio.twiml import Addresses

MAX_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class TwilioNumber:
    """A number of the account's, and where Twilio asks what to do with a call to it."""

    sid: str
    number: str
    voice_url: str


@dataclass(frozen=True, slots=True)
class Asks:
    """Whom Twilio asks about calls of the application, and whom if nobody answers there."""

    voice_url: str
    fallback_url: str


class TwilioAccount:
    """Sets it up. Every method raises CarrierFailed."""

    def __init__(self, client: Client, addresses: Addresses, *, app_sid: str) -> None:
        self._client = client
        self._addresses = addresses
        self._app_sid = app_sid
        # Another server of this account's has another application.
        self._flow_name = f"Storeline voicemail {app_sid}"

    @property
    def own_fallback_url(self) -> str:
        """A webhook of ours, which helps when another one has failed."""
        return self._addresses.webhook("fallback")

    async def numbers(self) -> list[TwilioNumber]:
        """All numbers of the account."""
        found = await asked(lambda: self._client.incoming_phone_numbers.list_async(limit=MAX_LISTED))
        return [TwilioNumber(str(one.sid), str(one.phone_number), str(one.voice_url or "")) for one in found]

    async def take_voicemails(self) -> str:
        """Have a Studio flow take voicemails, which needs nothing of ours; return its URL. TwiML Bins have no API."""
        flows = self._client.studio.v2.flows
        definition, known = take_voicemail(self._addresses), await self._flow()
        if known is None:
            made = await asked(
                lambda: flows.create_async(friendly_name=self._flow_name, status="published", definition=definition)
            )
        else:
            made = await asked(lambda: flows(known).update_async(status="published", definition=definition))
        return str(made.webhook_url)

    async def configure(self, number: TwilioNumber, *, fallback_url: str) -> None:
        """Have Twilio ask us about calls to a number, and whoever is at `fallback_url` when we do not answer."""
        to = self._addresses
        await asked(
            lambda: self._client.incoming_phone_numbers(number.sid).update_async(
                voice_application_sid=self._app_sid,
                voice_url=to.webhook("voice"),
                voice_fallback_url=fallback_url,
                status_callback=to.webhook("status"),
            )
        )

    async def configure_application(self, *, fallback_url: str) -> None:
        """Have Twilio ask us about calls of the application: its numbers, and softphones in browsers."""
        to = self._addresses
        await asked(
            lambda: self._client.applications(self._app_sid).update_async(
                voice_url=to.webhook("voice"),
                voice_method="POST",
                voice_fallback_url=fallback_url,
                voice_fallback_method="POST",
                status_callback=to.webhook("status"),
                status_callback_method="POST",
            )
        )

    async def application_asks(self) -> Asks | None:
        """Whom Twilio asks about calls of the application; None if the account has no such one."""
        try:
            found = await asked(self._client.applications(self._app_sid).fetch_async)
        except Gone:
            return None
        return Asks(str(found.voice_url or ""), str(found.voice_fallback_url or ""))

    async def _flow(self) -> str | None:
        listed = await asked(lambda: self._client.studio.v2.flows.list_async(limit=MAX_LISTED))
        return next((str(flow.sid) for flow in listed if flow.friendly_name == self._flow_name), None)
