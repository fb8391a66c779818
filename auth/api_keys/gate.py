"""The gate of routes that one of a store's API keys opens, as well as an access token."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from auth.api_keys import secrets
from auth.api_keys.queries import ApiKeyQueries
from auth.api_keys.records import ApiKey, Scope
from auth.errors import ApiKeyMistyped, ApiKeyRefused, ScopeMissing
from auth.http.asking import KEY_HOLDER, bearer
from auth.http.operations import Gate
from auth.principals import KeyHolder, Kind
from auth.throttle.throttle import API_KEY, Throttle

USE_NOTED_EVERY = timedelta(minutes=1)

_log = structlog.get_logger()


class ScopedGates:
    """Makes the gates, one for each scope. `signed_in` is the one for access tokens.

    Keys that are unknown or over are counted by address; a mistyped one costs neither a query nor an attempt.
    """

    def __init__(
        self, keys: ApiKeyQueries, *, signed_in: Gate, throttle: Throttle, now: Callable[[], datetime]
    ) -> None:
        self._keys = keys
        self._signed_in = signed_in
        self._guesses = throttle.limited_refusals(API_KEY, ApiKeyRefused)
        self._now = now

    def open_to(self, scope: Scope) -> Gate:
        """Let requests pass with an access token, or with a key that has this scope: see `asker_of`.

        Raises what `signed_in` raises, ApiKeyMistyped, ApiKeyRefused, ScopeMissing or TooManyAttempts.
        """

        @web.middleware
        async def require_either(request: web.Request, handler: Handler) -> web.StreamResponse:
            presented = bearer(request)
            if not secrets.is_meant(presented):
                return await self._signed_in.middleware(request, handler)
            sha256 = secrets.digest(presented)
            return await self._guesses.middleware(
                request, partial(self._held, sha256=sha256, scope=scope, handler=handler)
            )

        refusals = (*self._signed_in.refusals, ApiKeyMistyped, ApiKeyRefused, ScopeMissing, *self._guesses.refusals)
        return Gate(require_either, refusals, proofs=(*self._signed_in.proofs, "api_key"), scope=scope)

    async def _held(self, request: web.Request, *, sha256: bytes, scope: Scope, handler: Handler) -> web.StreamResponse:
        key, now = await self._live(sha256), self._now()
        if scope not in key.scopes:
            raise ScopeMissing(scope)
        if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
            await self._keys.note_use(key.id, now=now)
        request[KEY_HOLDER] = KeyHolder(Kind.STORE, key.store_id, key.id)
        return await handler(request)

    async def _live(self, sha256: bytes) -> ApiKey:
        key = await self._keys.find(sha256)
        if key is None or (key.expires_at and key.expires_at <= self._now()):
            _log.info("api_key_refused", api_key_id=str(key.id) if key else None)
            raise ApiKeyRefused
        return key
