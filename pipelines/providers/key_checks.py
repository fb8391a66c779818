"""Whether a company takes the key, by the cheapest question that it answers to its customers only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

CHECK_TIMEOUT_S = 8.0
_OK = 200
# Google answers 400 to a key that it does not know.
_REFUSED = frozenset({400, 401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question: where, in which header the key goes, and after which word."""

    url: str
    header: str = "Authorization"
    scheme: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


# https://docs.anthropic.com/en/api/models-list, https://www.assemblyai.com/docs/api-reference/transcripts/list,
# https://docs.cartesia.ai/api-reference/voices/list, https://developers.deepgram.com/reference/manage/projects/list,
# https://elevenlabs.io/docs/api-reference/user/get, https://ai.google.dev/api/models#method:-models.list,
# https://console.groq.com/docs/api-reference#models, https://platform.openai.com/docs/api-reference/models/list
CHECKS: Mapping[str, Check] = {
    "anthropic": Check(
        url="https://api.anthropic.com/v1/models", header="X-Api-Key", headers={"Anthropic-Version": "2023-06-01"}
    ),
    "assemblyai": Check(url="https://api.assemblyai.com/v2/transcript?limit=1"),
    "cartesia": Check(
        url="https://api.cartesia.ai/voices?limit=1", header="X-API-Key", headers={"Cartesia-Version": "2025-04-16"}
    ),
    "deepgram": Check(url="https://api.deepgram.com/v1/projects", scheme="Token "),
    "elevenlabs": Check(url="https://api.elevenlabs.io/v1/user", header="xi-api-key"),
    "google": Check(url="https://generativelanguage.googleapis.com/v1beta/models?pageSize=1", header="X-Goog-Api-Key"),
    "groq": Check(url="https://api.groq.com/openai/v1/models", scheme="Bearer "),
    "openai": Check(url="https://api.openai.com/v1/models", scheme="Bearer "),
}


class KeyNotTaken(Exception):
    """The key was refused, or nobody could be asked; the message says which. It never holds the key."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


async def check_key(http: aiohttp.ClientSession, check: Check, key: str) -> None:
    """Ask once, for CHECK_TIMEOUT_S at most. Raises KeyNotTaken."""
    try:
        async with http.get(
            check.url,
            headers={check.header: f"{check.scheme}{key}", **check.headers},
            timeout=aiohttp.ClientTimeout(total=CHECK_TIMEOUT_S),
            allow_redirects=False,
        ) as answer:
            if answer.status == _OK:
                return
            # ElevenLabs' keys can be limited to speaking, which is all that we ask of them.
            if "missing_permissions" in await answer.text():
                return
            if answer.status in _REFUSED:
                raise KeyNotTaken(f"refuses the key ({answer.status})", refused=True)
            raise KeyNotTaken(f"answers {answer.status}")
    except TimeoutError:
        raise KeyNotTaken(f"does not answer within {CHECK_TIMEOUT_S:.0f} s") from None
    except aiohttp.ClientError as error:
        raise KeyNotTaken(f"cannot be reached: {type(error).__name__}") from error
