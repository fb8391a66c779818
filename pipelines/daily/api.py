"""Daily's REST API: each request bounded, and repeated only where doing it twice is doing it once.

https://docs.daily.co/reference/rest-api
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

TIMEOUT_S = 8.0
ATTEMPTS = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0
MAX_ANSWER_BYTES = 1024 * 1024

Json = Mapping[str, Any]


@dataclass
class DailyFailed(Exception):
    """Daily refused, or could not be reached; `reason` is for the log, without keys and numbers."""

    reason: str
    status: int | None = None

    def __str__(self) -> str:
        return f"Daily did not do it: {self.reason}."


class DailyApi:
    """Asks as one Daily domain; `url` is https://api.daily.co/v1."""

    def __init__(self, http: aiohttp.ClientSession, *, key: str, url: URL) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {key}"}
        self._url = url

    async def get(self, path: str, **query: str) -> Json | None:
        """Look something up; None if there is no such thing. Raises DailyFailed."""
        try:
            return await self._ask("GET", path, query=query, again=True)
        except DailyFailed as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def send(
        self, path: str, body: Json, *, method: str = "POST", again: bool = False, within_s: float | None = None
    ) -> Json:
        """Do or change something; only `again` says that it may be done twice. Raises DailyFailed.

        With `within_s` it is tried until then, and otherwise ATTEMPTS times.
        """
        return await self._ask(method, path, body=body, again=again, within_s=within_s)

    async def delete(self, path: str) -> None:
        """Remove something; what is gone already is no error. Raises DailyFailed."""
        try:
            await self._ask("DELETE", path, again=True)
        except DailyFailed as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def _ask(  # noqa: PLR0913 - each has its name
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        again: bool,
        within_s: float | None = None,
    ) -> Json:
        until_s = time.monotonic() + within_s if within_s is not None else None
        attempt, pause_s = 1, FIRST_PAUSE_S
        while True:
            left_s = TIMEOUT_S if until_s is None else min(TIMEOUT_S, until_s - time.monotonic())
            try:
                return await self._once(method, path, query, body, timeout_s=left_s)
            except DailyFailed as error:
                # 429 says that nothing was done; what failed otherwise may have been done.
                refused = error.status == HTTPStatus.TOO_MANY_REQUESTS
                lost = error.status is None or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
                over = attempt == ATTEMPTS if until_s is None else time.monotonic() + pause_s >= until_s
                if over or not (refused or (lost and again)):
                    raise
            await asyncio.sleep(pause_s)
            attempt, pause_s = attempt + 1, min(2 * pause_s, LONGEST_PAUSE_S)

    async def _once(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Json | None, *, timeout_s: float
    ) -> Json:
        try:
            async with self._http.request(
                method,
                self._url.joinpath(*path.split("/")),
                params=query,
                json=body,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=max(0.1, timeout_s)),
                allow_redirects=False,
            ) as answer:
                text = await _read(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DailyFailed(type(error).__name__) from None
        if not answer.ok:
            raise DailyFailed(f"it answered {answer.status}{_kind(text)}", answer.status)
        return _object(text)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    text = bytearray()
    async for piece in answer.content.iter_any():
        text += piece
        if len(text) > MAX_ANSWER_BYTES:
            raise DailyFailed("it answered too much", answer.status)
    return bytes(text)


def _object(text: bytes) -> Json:
    try:
        read = json.loads(text)
    except ValueError:
        raise DailyFailed("its answer is no JSON", HTTPStatus.OK) from None
    if not isinstance(read, dict):
        raise DailyFailed("its answer is no JSON object", HTTPStatus.OK)
    return read


def _kind(text: bytes) -> str:
    """The short word that Daily gives an error; its sentence may quote what was sent."""
    try:
        kind: object = json.loads(text).get("error")
    except (ValueError, AttributeError):
        return ""
    return f", {kind}" if isinstance(kind, str) and kind.replace("-", "").isalnum() else ""
