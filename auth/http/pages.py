"""Lists that are read newest first, a page at a time: on both hosts the same in the URL and in the answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from pydantic import Field

from auth.http.operations import Query

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

# What `str(Cursor)` writes until the year 2286: microseconds, a hyphen, and a UUID.
CURSOR_PATTERN = "^[0-9]{1,16}-[0-9a-f]{32}$"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Cursor(NamedTuple):
    """A place in a list that runs from the newest to the oldest; it outlives deletions."""

    at: datetime
    id: UUID

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. Raises ValueError."""
        microseconds, _, id_hex = text.partition("-")
        try:
            return cls(_EPOCH + int(microseconds) * _MICROSECOND, UUID(hex=id_hex))
        except OverflowError as error:
            raise ValueError(text) from error

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.id.hex}"


# In front of everything.
NEWEST = Cursor(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


class PageWanted(Query):
    """Which part of a list; `before` is the `next_before` of the part above it."""

    before: Annotated[str, Field(pattern=CURSOR_PATTERN)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    @property
    def cursor(self) -> Cursor:
        """The place where the part begins."""
        return Cursor.parse(self.before) if self.before else NEWEST
