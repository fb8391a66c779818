"""Checks of the telephone: the carrier's keys, and whether it can reach us."""

from http import HTTPStatus

import aiohttp
from yarl import URL

from pipelines.daily.api import DailyFailed
from pipelines.offers import DAILY
from pipelines.providers import ProviderUnavailable
from pipelines.providers.openers import require_package
from server.daily_account import api_of
from server.doctor.findings import Finding, bad, ok
from server.settings import Settings
from server.twilio import account_of, keyed_account_of
from telephony.carriers import CarrierFailed
from telephony.twilio.account import TwilioAccount
from telephony.twilio.twiml import Addresses

REACHED_WITHIN_S = 8.0


async def telephone(settings: Settings, http: aiohttp.ClientSession) -> list[Finding]:
    """One line for PUBLIC_URL, and one for each key."""
    found = []
    if settings.public_url:
        found.append(await _reached(settings.public_url, http))
    if "twilio" in settings.telephony_provider:
        wanted = Addresses(URL(settings.public_url or "")).webhook("voice")
        found.append(await _twilio(account_of(settings, http), wanted))
        if keyed := keyed_account_of(settings, http):
            found.append(await _softphones(keyed))
    if "daily" in settings.telephony_provider:
        found.append(await daily(settings, http))
    return found


async def daily(settings: Settings, http: aiohttp.ClientSession) -> Finding:
    """Whether Daily's client is installed, Daily takes the key, and the fixed room is there."""
    try:
        require_package("daily", DAILY)
        api = api_of(settings, http)
        await api.get("")
        room = settings.telephony_daily_room_url
        if room is not None and await api.get(f"rooms/{URL(room).name}") is None:
            return bad("daily", f"there is no room {room}. See TELEPHONY_DAILY_ROOM_URL.")
    except ProviderUnavailable as error:
        return bad("daily", str(error))
    except DailyFailed as error:
        refused = error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}
        mended = "Set TELEPHONY_DAILY_API_KEY to one that it takes." if refused else "Try again later."
        return bad("daily", f"Daily does not take the key: {error.reason}. {mended}")
    return ok("daily", "takes the key")


async def _reached(public_url: str, http: aiohttp.ClientSession) -> Finding:
    url = f"{public_url}/health"
    try:
        async with http.get(
            url, timeout=aiohttp.ClientTimeout(total=REACHED_WITHIN_S), allow_redirects=False
        ) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        problem = f"cannot be reached: {type(error).__name__}"
    else:
        if status == HTTPStatus.OK:
            return ok("public url", f"{url} answers; from elsewhere, try it yourself")
        problem = f"answers {status}"
    return bad("public url", f"{url} {problem}. Start Storeline, and see PUBLIC_URL, DNS and the proxy.")


async def _twilio(account: TwilioAccount, wanted: str) -> Finding:
    try:
        asks = await account.application_asks()
    except CarrierFailed as error:
        return bad("twilio", f"{error.reason}. See TELEPHONY_TWILIO_ACCOUNT_SID and TELEPHONY_TWILIO_AUTH_TOKEN.")
    if asks is None:
        return bad("twilio", "The account has no such application. See TELEPHONY_TWILIO_APP_SID.")
    if asks.voice_url != wanted:
        whom = asks.voice_url or "nobody"
        return bad("twilio", f"takes the token, but asks {whom} about calls: `phone assign` mends that.")
    if asks.fallback_url in {"", account.own_fallback_url}:
        return bad("twilio", "takes no voicemails while this server is down: `phone assign` mends that.")
    return ok("twilio", f"takes the token, and asks {wanted} about calls")


async def _softphones(keyed: TwilioAccount) -> Finding:
    try:
        await keyed.application_asks()
    except CarrierFailed as error:
        return bad("softphones", f"{error.reason}. See TELEPHONY_TWILIO_API_KEY_SID and …_SECRET.")
    return ok("softphones", "Twilio takes the API key")
