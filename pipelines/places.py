"""How many conversations there may be: of one caller, with one store, in this process; and for how long in a day."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from auth.principals import StoreId
from pipelines.assistants.records import Assistant
from pipelines.identity import Caller
from pipelines.registry import RETRY_AFTER, CapacityReached, LiveSession, Registry, ShuttingDown

# A process says so often that its places hold, and they do for so long after it was killed.
HOLD_EVERY_S = 5
HELD_FOR = timedelta(seconds=20)

log = structlog.get_logger()


@dataclass
class TooManyCalls(Exception):
    """This caller is in as many conversations as one may be in."""

    retry_after: timedelta


@dataclass
class StoreBusy(Exception):
    """As many people as may talk to this store at once do."""

    retry_after: timedelta


@dataclass
class StoreMinutesUsed(Exception):
    """The store has been talked to for as long as it may be in one day; `retry_after` is its next one."""

    retry_after: timedelta


# What doors refuse because of what happens in other processes, too.
LIMITS_OF_ALL = (TooManyCalls, StoreBusy, StoreMinutesUsed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Across all processes; None sets no limit. A store's day begins at its midnight."""

    per_caller: int = 2
    per_store: int | None = None
    store_day: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is used now; `store_spent` since the store's day began, by conversations that ended or are held."""

    of_caller: int
    of_store: int
    store_spent: timedelta


class PlaceStorage(Protocol):
    """Where the processes see each other's places."""

    async def usage(self, caller_id: UUID, store_id: StoreId, *, now: datetime, day_began: datetime) -> Usage:
        """What is used now."""

    def taking(  # noqa: PLR0913 - each has its name
        self,
        place_id: UUID,
        caller_id: UUID,
        store_id: StoreId,
        *,
        now: datetime,
        until: datetime,
        day_began: datetime,
    ) -> AbstractAsyncContextManager[Usage]:
        """Add a place unless the block, which sees what is used, raises."""

    async def hold(self, place_ids: Collection[UUID], *, now: datetime, until: datetime) -> None:
        """Hold these for longer."""

    async def give_up(self, place_id: UUID) -> None:
        """Take one away."""


class Places:
    """Where every door gets its sessions. Nothing is done for a caller who has no place; `refused` is told why."""

    def __init__(
        self,
        registry: Registry,
        storage: PlaceStorage,
        allowed: Allowed,
        *,
        now: Callable[[], datetime],
        refused: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._allowed = allowed
        self._now = now
        self._refused = refused
        self._held: set[UUID] = set()

    async def check(self, caller_id: UUID, assistant: Assistant) -> None:
        """Raise like `taken`."""
        now = self._now()
        day_began = _midnight(now, assistant)
        with self._told():
            self._registry.check()
            usage = await self._storage.usage(caller_id, assistant.store_id, now=now, day_began=day_began)
            self._judge(usage, assistant, now)

    @asynccontextmanager
    async def taken(self, caller: Caller, assistant: Assistant) -> AsyncIterator[LiveSession]:
        """Hold a place for the block.

        Raises CapacityReached or ShuttingDown for this process; TooManyCalls, StoreBusy or StoreMinutesUsed for all.
        """
        now, place_id = self._now(), uuid4()
        day_began = _midnight(now, assistant)
        with self._told():
            self._registry.check()
            async with self._storage.taking(
                place_id, caller.id, assistant.store_id, now=now, until=now + HELD_FOR, day_began=day_began
            ) as usage:
                left_s = self._judge(usage, assistant, now)
        self._held.add(place_id)
        try:
            with self._registry.place(caller, store_left_s=left_s, place_id=place_id) as live:
                yield live
        finally:
            self._held.discard(place_id)
            await self._give_up(place_id)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """For the block, say every few seconds that this process' places still hold."""
        holding = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.wait({holding})

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(HOLD_EVERY_S)
            now = self._now()
            try:
                async with asyncio.timeout(HOLD_EVERY_S):
                    await self._storage.hold(tuple(self._held), now=now, until=now + HELD_FOR)
            except Exception as error:  # noqa: BLE001 - whatever ails the database, the next time may be better
                log.warning("voice_places_not_held", error=type(error).__name__)

    async def _give_up(self, place_id: UUID) -> None:
        try:
            async with asyncio.timeout(HOLD_EVERY_S):
                await self._storage.give_up(place_id)
        except Exception as error:  # noqa: BLE001 - it ends by itself
            log.warning("voice_place_not_given_up", error=type(error).__name__)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (CapacityReached, ShuttingDown, *LIMITS_OF_ALL) as error:
            self._refused(error)
            raise

    def _judge(self, usage: Usage, assistant: Assistant, now: datetime) -> float:
        """Return how many seconds the store has left today."""
        allowed = self._allowed
        if usage.of_caller >= allowed.per_caller:
            raise TooManyCalls(RETRY_AFTER)
        if allowed.per_store is not None and usage.of_store >= allowed.per_store:
            raise StoreBusy(RETRY_AFTER)
        if allowed.store_day is None:
            return math.inf
        left = allowed.store_day - usage.store_spent
        if left <= timedelta(0):
            raise StoreMinutesUsed(_midnight(now, assistant) + timedelta(days=1) - now)
        return left.total_seconds()


def _midnight(now: datetime, assistant: Assistant) -> datetime:
    return now.astimezone(assistant.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
