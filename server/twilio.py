"""Twilio, composed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from pydantic import SecretStr
from twilio.rest import Client
from yarl import URL

from auth.tokens.keys import shared_secret
from pipelines.assistants.records import Assistant
from pipelines.conversations.queries import ConversationQueries
from pipelines.tools.message_queries import MessageQueries
from server.foundation import Foundation
from server.settings import Settings
from server.voice import Voice
from telephony.calls import Call, Provider
from telephony.lines import Lines
from telephony.number_queries import NumberQueries
from telephony.outbound import OutboundLimits
from telephony.reconciling import Reconciling
from telephony.twilio.access import TwilioSoftphones
from telephony.twilio.account import TwilioAccount
from telephony.twilio.client import client
from telephony.twilio.door import MediaDoor
from telephony.twilio.rest import TwilioRest
from telephony.twilio.signatures import Signatures
from telephony.twilio.tokens import StreamTokens
from telephony.twilio.transfers import TwilioTransfers
from telephony.twilio.twiml import Addresses
from telephony.twilio.voicemails import TwilioVoicemails
from telephony.twilio.webhooks import Webhooks
from telephony.voicemail import Voicemails

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio:
    """What Twilio asks, and what asks Twilio."""

    webhooks: Webhooks
    media: MediaDoor
    rest: TwilioRest
    softphones: TwilioSoftphones | None


@asynccontextmanager
async def opened(
    base: Foundation, talking: Voice, lines: Lines, numbers: NumberQueries, limits: OutboundLimits
) -> AsyncIterator[Twilio]:
    """Be ready for calls over Twilio, and look after those that were left behind."""
    settings = base.settings
    to = _addresses(settings)
    signatures = Signatures(_revealed(settings.telephony_twilio_auth_token), to.public_url)
    tokens = StreamTokens(shared_secret(base.keys / "phone.key"))
    # No proxy and no cookies; what goes out is bounded by the client itself.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        rest = TwilioRest(_client(settings, http), to)
        inbox = Voicemails(MessageQueries(base.pool), ConversationQueries(base.pool), talking.assistants, now=base.now)
        voicemails = TwilioVoicemails(lines.calls, numbers, rest, inbox, now=base.now)
        async with Reconciling(Provider.TWILIO, lines.calls, rest, now=base.now, besides=voicemails.look).kept():
            yield Twilio(
                webhooks=Webhooks(
                    lines,
                    numbers,
                    signatures=signatures,
                    tokens=tokens,
                    to=to,
                    rest=rest,
                    voicemails=voicemails,
                    now=base.now,
                ),
                media=MediaDoor(
                    lines,
                    signatures=signatures,
                    tokens=tokens,
                    transfers=lambda call, assistant: _transfers(call, assistant, lines, rest, limits, base.now),
                    limits=talking.sessions.limits,
                ),
                rest=rest,
                softphones=_softphones(settings),
            )


def account_of(settings: Settings, http: aiohttp.ClientSession) -> TwilioAccount:
    """What is set up in the account."""
    return _account(settings, _client(settings, http))


def keyed_account_of(settings: Settings, http: aiohttp.ClientSession) -> TwilioAccount | None:
    """The same with the API key that signs softphones' tokens; None without one."""
    if settings.telephony_twilio_api_key_sid is None:
        return None
    user, secret = settings.telephony_twilio_api_key_sid, settings.telephony_twilio_api_key_secret
    return _account(settings, _client(settings, http, user=user, secret=secret))


def _account(settings: Settings, made: Client) -> TwilioAccount:
    return TwilioAccount(made, _addresses(settings), app_sid=settings.telephony_twilio_app_sid or "")


def _addresses(settings: Settings) -> Addresses:
    return Addresses(URL(settings.public_url or ""))


def _client(
    settings: Settings, http: aiohttp.ClientSession, *, user: str | None = None, secret: SecretStr | None = None
) -> Client:
    account_sid = settings.telephony_twilio_account_sid or ""
    return client(
        http,
        user=user or account_sid,
        secret=_revealed(secret or settings.telephony_twilio_auth_token),
        account_sid=account_sid,
        api_url=URL(settings.telephony_twilio_api_url),
    )


def _transfers(  # noqa: PLR0913, PLR0917 - a closure's names
    call: Call, assistant: Assistant, lines: Lines, rest: TwilioRest, limits: OutboundLimits, now: Now
) -> TwilioTransfers:
    return TwilioTransfers(
        call=call,
        store_name=assistant.store_name,
        destinations=assistant.transfer_to,
        calls=lines.calls,
        rest=rest,
        countries=limits.countries,
        longest_s=limits.longest_s,
        now=now,
    )


def _softphones(settings: Settings) -> TwilioSoftphones | None:
    if settings.telephony_twilio_api_key_sid is None:
        return None
    return TwilioSoftphones(
        account_sid=settings.telephony_twilio_account_sid or "",
        app_sid=settings.telephony_twilio_app_sid or "",
        key_sid=settings.telephony_twilio_api_key_sid,
        key_secret=_revealed(settings.telephony_twilio_api_key_secret),
    )


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
