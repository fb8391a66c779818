"""What happens, whom it is told, and what became of that."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from auth.principals import StoreId

WebhookId = NewType("WebhookId", UUID)
DeliveryId = NewType("DeliveryId", UUID)


class Event(StrEnum):
    """What a store can be told of."""

    CALL_STARTED = "call.started"
    CALL_ENDED = "call.ended"
    MESSAGE_TAKEN = "message.taken"


class State(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint; nothing is sent while it is disabled."""

    id: WebhookId
    url: str
    events: list[str]
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, and its last attempt."""

    id: DeliveryId
    event_id: UUID
    event: str
    created_at: datetime
    state: State
    attempts: int
    tried_at: datetime | None
    took_ms: int | None
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """What an attempt needs to know."""

    delivery_id: DeliveryId
    webhook_id: WebhookId
    store_id: StoreId
    url: str
    event_id: UUID
    payload: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one; `again_at` is None when it was the last."""

    number: int
    at: datetime
    took_ms: int
    status: int | None = None
    error: str | None = None
    again_at: datetime | None = None

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has it."""
        return self.error is None


class TooManyWebhooks(Exception):
    """A store has as many endpoints as it may have."""


@dataclass
class WebhookNotFound(Exception):
    """There is none with this id, or not of this store."""

    webhook_id: UUID | str


@dataclass
class DeliveryNotFound(Exception):
    """The same of deliveries."""

    delivery_id: UUID | str
