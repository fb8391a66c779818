"""GET /store/overview."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from auth.http.asking import principal_of
from auth.http.operations import Answer, answered, gives
from auth.principals import StoreId
from pipelines.overview.records import Day, Now, Replies

DAYS = 30
NO_ZONE = "UTC"


class DayShown(Answer):
    """Calls and minutes of one day in the store's time zone."""

    day: date
    calls: int
    minutes: float


class AskedShown(Answer):
    """A topic, by the title of the entry that answers stood on, and how many did."""

    topic: str
    times: int


class Overview(Answer):
    """How the store's line does.

    `days` are the last 30, today last, each one there; the store's own test calls count as well. `answered_share`: of
    the questions in the newest 1,000 conversations of these days, the part (0 to 1) whose answer stood on what the
    store has told, and was neither "I don't know" nor the model's alone; thanks, goodbyes and the steps of a tool are
    no questions. Latency runs from the caller's last sound to the assistant's first, in the same conversations.
    `answered_share` and latency are null when there is nothing to count.
    """

    time_zone: str
    today: DayShown
    days: list[DayShown]
    answered_share: float | None
    latency_median_ms: int | None
    latency_p95_ms: int | None
    messages_waiting: int
    live_calls: int
    asked_most: list[AskedShown]


class Figures(Protocol):
    """What the handler asks of the database."""

    async def time_zone(self, store_id: StoreId) -> str | None:
        """That of the store."""

    async def days(self, store_id: StoreId, *, since: datetime, time_zone: str) -> dict[date, Day]:
        """Calls and minutes by day."""

    async def replies(self, store_id: StoreId, *, since: datetime) -> Replies:
        """What the newest answers were."""

    async def now(self, store_id: StoreId, *, now: datetime) -> Now:
        """What holds at `now`."""


class OverviewApi:
    """The handler; it belongs behind `auth.http.asking.require` of stores."""

    def __init__(self, figures: Figures, *, now: Callable[[], datetime]) -> None:
        self._figures = figures
        self._now = now

    @gives(Overview)
    async def overview(self, request: web.Request) -> web.Response:
        """Show how the store's line does, today and over 30 days."""
        store_id, now = StoreId(principal_of(request).id), self._now()
        time_zone = await self._figures.time_zone(store_id) or NO_ZONE
        today = now.astimezone(ZoneInfo(time_zone)).date()
        first = today - timedelta(days=DAYS - 1)
        since = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(time_zone))
        counted = await self._figures.days(store_id, since=since, time_zone=time_zone)
        replies = await self._figures.replies(store_id, since=since)
        at_once = await self._figures.now(store_id, now=now)
        days = [_shown(counted.get(day) or Day(day, 0, 0)) for day in (first + timedelta(days=n) for n in range(DAYS))]
        return answered(
            Overview(
                time_zone=time_zone,
                today=days[-1],
                days=days,
                answered_share=replies.answered / replies.questions if replies.questions else None,
                latency_median_ms=replies.latency_median_ms,
                latency_p95_ms=replies.latency_p95_ms,
                messages_waiting=at_once.messages_waiting,
                live_calls=at_once.live_calls,
                asked_most=[AskedShown(topic=each.topic, times=each.times) for each in replies.asked_most],
            )
        )


def _shown(day: Day) -> DayShown:
    return DayShown(day=day.day, calls=day.calls, minutes=round(day.minutes, 1))
