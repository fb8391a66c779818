"""The operator's Daily domain: its REST API and our secret with it, without Daily's native client."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import aiohttp
from yarl import URL

from auth.tokens.keys import shared_secret
from pipelines.daily.api import DailyApi
from server.settings import Settings
from telephony.daily.signatures import PinlessSignatures


def api_of(settings: Settings, http: aiohttp.ClientSession) -> DailyApi:
    """The REST API of the domain."""
    key = settings.telephony_daily_api_key
    return DailyApi(http, key=key.get_secret_value() if key else "", url=URL(settings.telephony_daily_api_url))


def signatures_of(keys: Path, now: Callable[[], datetime]) -> PinlessSignatures:
    """What Daily signs with; all processes have the same key. Raises BadKeyFile."""
    return PinlessSignatures(shared_secret(keys / "daily.key"), now=now)
