"""…/store/api-keys: the keys of a store's own programs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Self
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import Field

from auth.accounts.schemas import NameField
from auth.api_keys import secrets
from auth.api_keys.queries import ApiKeyQueries
from auth.api_keys.records import ApiKey, Scope
from auth.audit.log import Audit, Event
from auth.errors import ApiKeyNotFound, TooManyApiKeys
from auth.http.asking import device_of, principal_of
from auth.http.operations import Answer, Body, Integer, answered, gives, path_id, refuses, takes
from auth.principals import ApiKeyId, StoreId

LONGEST_DAYS = 3650
Days = Annotated[Integer, Field(ge=1, le=LONGEST_DAYS)]


class NewApiKey(Body):
    """What the key is for; without `expires_in_days` it is good until it is revoked."""

    name: NameField
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in_days: Days | None = None


class ApiKeyShown(Answer):
    """A key without its secret, of which `ends_with` has the last characters; `last_used_at` is right to a minute."""

    id: UUID
    name: str
    ends_with: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """What is shown of a key."""
        scopes = [scope for scope in Scope if scope in key.scopes]
        return cls(**{**{name: getattr(key, name) for name in ApiKeyShown.model_fields}, "scopes": scopes})


class ApiKeyMade(Answer):
    """A new key. `key` is told here and never again: only its hash is kept."""

    id: UUID
    key: str
    expires_at: datetime | None


class ApiKeysShown(Answer):
    """All keys of a store, oldest first."""

    api_keys: list[ApiKeyShown]


class ApiKeyApi:
    """The handlers; they belong behind `auth.http.asking.require`, which takes no API key."""

    def __init__(self, keys: ApiKeyQueries, audit: Audit, *, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._audit = audit
        self._now = now

    @gives(ApiKeysShown)
    async def show(self, request: web.Request) -> web.Response:
        """List the keys."""
        keys = await self._keys.of_store(_store(request))
        return answered(ApiKeysShown(api_keys=[ApiKeyShown.of(key) for key in keys]))

    @takes(NewApiKey)
    @gives(ApiKeyMade, status=HTTPStatus.CREATED)
    @refuses(TooManyApiKeys)
    async def add(self, request: web.Request, form: NewApiKey) -> web.Response:
        """Make a key for a program of the store. Send it as `Authorization: Bearer slk_…`."""
        secret, now = secrets.fresh(), self._now()
        key = ApiKey(
            id=ApiKeyId(uuid4()),
            store_id=_store(request),
            name=form.name,
            ends_with=secret[-secrets.SHOWN_CHARS :],
            scopes=frozenset(form.scopes),
            created_at=now,
            expires_at=now + timedelta(days=form.expires_in_days) if form.expires_in_days else None,
            last_used_at=None,
        )
        if not await self._keys.add(key, sha256=secrets.digest(secret)):
            raise TooManyApiKeys
        await self._note(request, Event.API_KEY_ADDED, key.id, scopes=" ".join(sorted(key.scopes)))
        return answered(ApiKeyMade(id=key.id, key=secret, expires_at=key.expires_at), status=HTTPStatus.CREATED)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ApiKeyNotFound)
    async def revoke(self, request: web.Request) -> web.Response:
        """Revoke a key: from the next request on it opens nothing."""
        key_id = ApiKeyId(path_id(request, lambda _: ApiKeyNotFound()))
        if not await self._keys.delete(_store(request), key_id):
            raise ApiKeyNotFound
        await self._note(request, Event.API_KEY_REVOKED, key_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _note(self, request: web.Request, event: Event, key_id: ApiKeyId, **about: str) -> None:
        await self._audit.note_by(principal_of(request), event, device_of(request), api_key_id=str(key_id), **about)


def _store(request: web.Request) -> StoreId:
    return StoreId(principal_of(request).id)
