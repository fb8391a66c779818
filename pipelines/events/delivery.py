"""Deliver one event to one endpoint: the job."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from auth.audit.log import Audit
from auth.audit.log import Event as Noted
from auth.principals import NO_DEVICE, StoreId
from pipelines.events.records import Attempt, DeliveryId, Due
from pipelines.events.signing import Signer
from pipelines.outgoing import AnswerTooLong, Reply, Unreachable, UrlRefused

TIMEOUT_S = 10.0
# Ten attempts in a day; the last is given up.
WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 10 * 3600)
)
# An endpoint that has taken nothing for so long gets nothing more until its store says so.
DISABLED_AFTER = timedelta(days=3)
SUCCESS = range(200, 300)
# A worker makes so many attempts for one store at once: a store whose endpoints hang must not keep it from all others.
MAX_AT_ONCE = 8
BUSY_WAIT = timedelta(seconds=2)

log = structlog.get_logger()


class Posts(Protocol):
    """The way out: see pipelines/outgoing.py."""

    async def post(self, text: str, body: bytes, headers: Mapping[str, str], *, of: StoreId, timeout_s: float) -> Reply:
        """Send a POST. Raises UrlRefused, Unreachable or AnswerTooLong."""


class Log(Protocol):
    """Where attempts are noted."""

    async def due(self, delivery_id: DeliveryId, attempt: int) -> Due | None:
        """What to send, unless this attempt has been made."""

    async def postpone(self, delivery_id: DeliveryId, attempt: int, *, at: datetime) -> None:
        """Have this attempt made then."""

    async def note(self, due: Due, attempt: Attempt, *, disable_if_failing_since: datetime) -> bool:
        """Note an attempt, and have the next one made; tell whether the endpoint was disabled."""


class Deliveries:
    """Makes one attempt at a time. A killed worker may make one twice: receivers know the event by its id."""

    def __init__(self, log_: Log, posts: Posts, signer: Signer, audit: Audit, *, now: Callable[[], datetime]) -> None:
        self._log = log_
        self._posts = posts
        self._signer = signer
        self._audit = audit
        self._now = now
        self._under_way: Counter[StoreId] = Counter()

    async def attempt(self, delivery_id: DeliveryId, number: int) -> None:
        """Send it, and note what came of that; later, when MAX_AT_ONCE are under way for its store."""
        due = await self._log.due(delivery_id, number)
        if due is None:
            return
        if self._under_way[due.store_id] >= MAX_AT_ONCE:
            await self._log.postpone(delivery_id, number, at=self._now() + BUSY_WAIT)
            return
        self._under_way[due.store_id] += 1
        try:
            await self._make(due, number)
        finally:
            self._under_way[due.store_id] -= 1
            self._under_way += Counter()  # forgets those of whom none is left

    async def _make(self, due: Due, number: int) -> None:
        at, started_s = self._now(), time.monotonic()
        status, error = await self._sent(due, at)
        again_at = at + WAITS[number - 1] if error and number <= len(WAITS) else None
        took_ms = round((time.monotonic() - started_s) * 1000)
        attempt = Attempt(number=number, at=at, took_ms=took_ms, status=status, error=error, again_at=again_at)
        disabled = await self._log.note(due, attempt, disable_if_failing_since=at - DISABLED_AFTER)
        log.info("webhook_tried", delivery_id=str(due.delivery_id), attempt=number, status=status, took_ms=took_ms)
        if disabled:
            await self._audit.note(
                Noted.WEBHOOK_DISABLED, NO_DEVICE, principal_id=due.store_id, webhook_id=str(due.webhook_id)
            )

    async def _sent(self, due: Due, at: datetime) -> tuple[int | None, str | None]:
        body = due.payload.encode()
        headers = {
            "Content-Type": "application/json",
            **self._signer.headers(due.webhook_id, due.event_id, body, at=at),
        }
        try:
            reply = await self._posts.post(due.url, body, headers, of=due.store_id, timeout_s=TIMEOUT_S)
        except AnswerTooLong:
            return None, "It answered more than we read."
        except (UrlRefused, Unreachable) as error:
            return None, error.reason[:200]
        return reply.status, None if reply.status in SUCCESS else f"It answered {reply.status}."
