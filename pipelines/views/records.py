"""Saved views."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

ViewId = NewType("ViewId", UUID)

MAX_VIEWS = 50


@dataclass(frozen=True, slots=True)
class View:
    """One of a store's; `filter_json` is what the API takes and shows."""

    id: ViewId
    name: str
    filter_json: str


@dataclass
class ViewNotFound(Exception):
    """The store has no such view."""

    view_id: UUID | str


class ViewNameTaken(Exception):
    """The store has another view of this name."""


class TooManyViews(Exception):
    """The store has MAX_VIEWS."""
