"""Widgets as they are kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from auth.principals import StoreId

WidgetId = NewType("WidgetId", UUID)

KEY_PREFIX = "slw_"
KEY_BYTES = 16
KEY_PATTERN = r"^slw_[A-Za-z0-9_-]{22}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A button for pages of exactly these `origins`; without `assistant`, the store's default one answers.

    `key` stands in those pages: it names the widget and is no secret.
    """

    id: WidgetId
    store_id: StoreId
    key: str
    name: str
    assistant: str | None
    origins: tuple[str, ...]
    created_at: datetime


@dataclass
class WidgetNotFound(Exception):
    """The store has no widget of this id, or nobody has one of this key."""

    widget: UUID | str


class TooManyWidgets(Exception):
    """The store has as many widgets as one may have."""


def fresh_key() -> str:
    """Return a new key: 128 bits, so that nobody comes upon another's."""
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
