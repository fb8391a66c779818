"""GET /user/stores and GET /user/stores/{slug}: which stores there are to talk to, and whether they are open."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Self

from aiohttp import web
from pydantic import Field

from auth.accounts.schemas import NAME_MAX_CHARACTERS
from auth.http.operations import Answer, Query, answered, asks, gives, refuses
from pipelines.assistants.directory_queries import DirectoryQueries, Listing
from pipelines.assistants.records import StoreNotFound, Tool
from pipelines.grounding.hours import WEEKDAYS, OpeningHours, Spans

# Whether a store is open is computed and not asked of the database: for one page, so many are looked at.
BATCH = 100
MAX_BATCHES = 5
HOLIDAYS_WITHIN = timedelta(days=60)
MAX_LIMIT = 100

# NUL is in no name, and PostgreSQL cannot read it.
Search = Annotated[str, Field(max_length=NAME_MAX_CHARACTERS, pattern=r"^[^\u0000]*$")]


class StoresWanted(Query):
    """Which stores: those whose names hold `search`, and with `open` only those that are open or closed now.

    `after` is the `next_after` of the part before. With `open` a part may be short, or empty, and still have a next.
    """

    search: Search = ""
    open: bool | None = None
    after: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,48}$")] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 20


class StoreListed(Answer):
    """A store that users may talk to."""

    slug: str
    name: str
    assistant: str
    open: bool

    @classmethod
    def of(cls, listing: Listing, now: datetime) -> Self:
        """What is shown in a list."""
        here = listing.assistant
        return cls(slug=listing.slug, name=here.store_name, assistant=here.name, open=here.is_open(now))


class StoreList(Answer):
    """A part of the list, by slug; `next_after` is null at its end."""

    stores: list[StoreListed]
    next_after: str | None


class AssistantListed(Answer):
    """Somebody to talk to at a store; `slug` goes into `voice/start`, and the default one is who answers without."""

    slug: str
    name: str
    default: bool
    language: str
    can: list[Tool]


class OpenFrom(Answer):
    """When the doors open and close, in the store's own time."""

    opens: time
    closes: time


class DayShown(Answer):
    """The hours of a day of the week; none when the store is closed."""

    weekday: str
    hours: list[OpenFrom]


class SpecialDaysShown(Answer):
    """Days, both included, with other hours than the week's; none when the store is closed."""

    first: date
    last: date
    name: str
    hours: list[OpenFrom]


class StorePage(Answer):
    """A store, who answers there, and when it is open: the week, and what differs from it in the next sixty days."""

    slug: str
    name: str
    open: bool
    next_opening: datetime | None
    time_zone: str
    hours: list[DayShown]
    holidays: list[SpecialDaysShown]
    assistants: list[AssistantListed]

    @classmethod
    def of(cls, listings: Sequence[Listing], now: datetime) -> Self:
        """What is shown of a store; its hours are those of its first assistant."""
        here = listings[0].assistant
        return cls(
            slug=listings[0].slug,
            name=here.store_name,
            open=here.is_open(now),
            next_opening=_next_opening(here.hours, now.astimezone(here.time_zone)),
            time_zone=here.time_zone.key,
            hours=[
                DayShown(weekday=day, hours=_shown(spans)) for day, spans in zip(WEEKDAYS, here.hours.days, strict=True)
            ],
            holidays=_holidays(here.hours, now.astimezone(here.time_zone).date()),
            assistants=[_listed(listing) for listing in listings],
        )


class Directory:
    """The handlers; they belong behind `auth.http.asking.require`."""

    def __init__(self, queries: DirectoryQueries, *, now: Callable[[], datetime]) -> None:
        self._queries = queries
        self._now = now

    @asks(StoresWanted)
    @gives(StoreList)
    async def page(self, _request: web.Request, wanted: StoresWanted) -> web.Response:
        """List the stores that one can talk to."""
        now, after = self._now(), wanted.after
        shown: list[StoreListed] = []
        for _ in range(MAX_BATCHES):
            found = await self._queries.page(search=wanted.search, after=after, limit=BATCH)
            for listing in found:
                if len(shown) == wanted.limit:
                    return answered(StoreList(stores=shown, next_after=after))
                after = listing.slug
                listed = StoreListed.of(listing, now)
                if wanted.open in {None, listed.open}:
                    shown.append(listed)
            if len(found) < BATCH:
                return answered(StoreList(stores=shown, next_after=None))
        return answered(StoreList(stores=shown, next_after=after))

    @gives(StorePage)
    @refuses(StoreNotFound)
    async def show(self, request: web.Request) -> web.Response:
        """Show a store: who answers, what they can do, and when it is open."""
        listings = await self._queries.of_store(request.match_info["slug"].replace("\0", ""))
        if not listings:
            raise StoreNotFound
        return answered(StorePage.of(listings, self._now()))


def _listed(listing: Listing) -> AssistantListed:
    assistant = listing.assistant
    return AssistantListed(
        slug=assistant.slug,
        name=assistant.name,
        default=listing.is_default,
        language=assistant.language,
        can=[tool for tool in Tool if tool in assistant.tools],
    )


def _next_opening(hours: OpeningHours, here: datetime) -> datetime | None:
    opening = None if hours.is_open(here) else hours.next_opening(here)
    return datetime.combine(opening[0], opening[1].opens, here.tzinfo) if opening else None


def _holidays(hours: OpeningHours, today: date) -> list[SpecialDaysShown]:
    near = (one for one in hours.holidays if one.last >= today and one.first <= today + HOLIDAYS_WITHIN)
    return [SpecialDaysShown(first=one.first, last=one.last, name=one.name, hours=_shown(one.spans)) for one in near]


def _shown(spans: Spans) -> list[OpenFrom]:
    return [OpenFrom(opens=span.opens, closes=span.closes) for span in spans]
