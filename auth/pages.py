"""Lists that are read newest first, a page at a time: on both hosts the same in the URL and in the answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from pydantic import AfterValidator, Field

from auth.operations import Query

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

# The longest that `str(Cursor)` writes: the microseconds until the year 10000, a hyphen, and a UUID.
CURSOR_MAX_CHARACTERS = 51

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


def _cursor(text: str) -> str:
    try:
        Cursor.parse(text)
    except ValueError:
        raise ValueError("give the next_before of an earlier answer") from None
    return text


class PageWanted(Query):
    """Which part of a list; `before` is the `next_before` of the part above it."""

    before: Annotated[str, Field(max_length=CURSOR_MAX_CHARACTERS), AfterValidator(_cursor)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    @property
    def cursor(self) -> Cursor:
        """The place where the part begins."""
        return Cursor.parse(self.before) if self.before else NEWEST
