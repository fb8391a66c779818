"""…/store/webhooks: whom a store has told, and the log of what was delivered."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import Field

from auth.audit.log import Audit
from auth.audit.log import Event as Noted
from auth.http.asking import asker_of, device_of
from auth.http.operations import Answer, Body, answered, asks, gives, path_id, refuses, takes
from auth.http.pages import Cursor, PageWanted
from auth.principals import StoreId
from pipelines.events.queries import WebhookQueries
from pipelines.events.records import (
    Delivery,
    DeliveryId,
    DeliveryNotFound,
    Event,
    State,
    TooManyWebhooks,
    Webhook,
    WebhookId,
    WebhookNotFound,
)
from pipelines.events.signing import Signer
from pipelines.outgoing import MAX_URL_CHARS, UrlRefused


class NewWebhook(Body):
    """An https endpoint at a public address, and what it is told."""

    url: Annotated[str, Field(min_length=9, max_length=MAX_URL_CHARS)]
    events: Annotated[list[Event], Field(min_length=1, max_length=len(Event), strict=False)]


class WebhookShown(Answer):
    """An endpoint; while `disabled_at` is set it is told nothing. `secret` checks the signatures of what it gets."""

    id: UUID
    url: str
    events: list[str]
    secret: str
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None


class Webhooks(Answer):
    """All endpoints of a store."""

    webhooks: list[WebhookShown]


class DeliveryShown(Answer):
    """One event for one endpoint; `tried_at` and what follows are of the last attempt."""

    id: UUID
    event_id: UUID
    event: str
    created_at: datetime
    state: State
    attempts: int
    tried_at: datetime | None
    took_ms: int | None
    status: int | None
    error: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """What is shown of a delivery."""
        return cls(**{name: getattr(delivery, name) for name in cls.model_fields})


class DeliveryPage(Answer):
    """A part of the log, newest first; `next_before` is null at its end."""

    deliveries: list[DeliveryShown]
    next_before: str | None


class WebhookApi:
    """The handlers; they belong behind `auth.http.asking.require`."""

    def __init__(
        self,
        webhooks: WebhookQueries,
        signer: Signer,
        audit: Audit,
        *,
        check: Callable[[str], object],
        now: Callable[[], datetime],
    ) -> None:
        self._webhooks = webhooks
        self._signer = signer
        self._audit = audit
        self._check = check
        self._now = now

    @takes(NewWebhook)
    @gives(WebhookShown, status=HTTPStatus.CREATED)
    @refuses(UrlRefused, TooManyWebhooks)
    async def add(self, request: web.Request, form: NewWebhook) -> web.Response:
        """Have an endpoint told what happens."""
        self._check(form.url)
        events = sorted(set(form.events))
        webhook = Webhook(WebhookId(uuid4()), form.url, [*events], self._now(), None, None)
        if not await self._webhooks.add(webhook, _store(request)):
            raise TooManyWebhooks
        await self._note(request, Noted.WEBHOOK_ADDED, webhook.id)
        return answered(self._shown(webhook), status=HTTPStatus.CREATED)

    @gives(Webhooks)
    async def show(self, request: web.Request) -> web.Response:
        """List the endpoints."""
        webhooks = await self._webhooks.of_store(_store(request))
        return answered(Webhooks(webhooks=[self._shown(webhook) for webhook in webhooks]))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(WebhookNotFound)
    async def enable(self, request: web.Request) -> web.Response:
        """Tell an endpoint again that was disabled, because nothing could be delivered for three days."""
        webhook_id = WebhookId(path_id(request, WebhookNotFound))
        if not await self._webhooks.enable(_store(request), webhook_id):
            raise WebhookNotFound(webhook_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(WebhookNotFound)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete an endpoint, with its log; a new one gets another secret."""
        webhook_id = WebhookId(path_id(request, WebhookNotFound))
        if not await self._webhooks.delete(_store(request), webhook_id):
            raise WebhookNotFound(webhook_id)
        await self._note(request, Noted.WEBHOOK_DELETED, webhook_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @asks(PageWanted)
    @gives(DeliveryPage)
    @refuses(WebhookNotFound)
    async def deliveries(self, request: web.Request, wanted: PageWanted) -> web.Response:
        """Show what an endpoint was told, newest first."""
        webhook_id = WebhookId(path_id(request, WebhookNotFound))
        # One more than asked for tells whether there is a next page.
        found = await self._webhooks.deliveries(
            _store(request), webhook_id, before=wanted.cursor, limit=wanted.limit + 1
        )
        if found is None:
            raise WebhookNotFound(webhook_id)
        shown = found[: wanted.limit]
        more = Cursor(shown[-1].created_at, shown[-1].id) if len(found) > len(shown) else None
        return answered(
            DeliveryPage(
                deliveries=[DeliveryShown.of(delivery) for delivery in shown], next_before=str(more) if more else None
            )
        )

    @gives(status=HTTPStatus.ACCEPTED)
    @refuses(DeliveryNotFound)
    async def replay(self, request: web.Request) -> web.Response:
        """Deliver an event once more, under its own id."""
        delivery_id = DeliveryId(path_id(request, DeliveryNotFound))
        if not await self._webhooks.replay(_store(request), delivery_id, now=self._now()):
            raise DeliveryNotFound(delivery_id)
        return web.Response(status=HTTPStatus.ACCEPTED)

    def _shown(self, webhook: Webhook) -> WebhookShown:
        return WebhookShown(
            id=webhook.id,
            url=webhook.url,
            events=webhook.events,
            secret=self._signer.secret(webhook.id),
            created_at=webhook.created_at,
            failing_since=webhook.failing_since,
            disabled_at=webhook.disabled_at,
        )

    async def _note(self, request: web.Request, event: Noted, webhook_id: WebhookId) -> None:
        await self._audit.note_by(asker_of(request), event, device_of(request), webhook_id=str(webhook_id))


def _store(request: web.Request) -> StoreId:
    return StoreId(asker_of(request).id)
