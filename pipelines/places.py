"""How many conversations there may be: of one caller, with one store, in this process; and for how long in a day."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import structlog

from auth.background import beside
from pipelines.assistants.records import Assistant
from pipelines.identity import Caller
from pipelines.limits import EndReason
from pipelines.place_records import Abandoned, Claim, Holding, PlaceStorage, Usage
from pipelines.registry import RETRY_AFTER, CapacityReached, LiveSession, Registry, ResumeRefused, ShuttingDown

# A process says so often that its places hold, and they do for so long after it was killed.
HOLD_EVERY_S = 5
HELD_FOR = timedelta(seconds=20)
HELD_BEFORE = 3

AskedT = TypeVar("AskedT")

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


async def _forget(_abandoned: Abandoned) -> None:
    """Nothing is on record of it."""


class Places:
    """Where every door gets its sessions. Nothing is done for a caller who has no place; `refused` is told why.

    `over` is told of conversations to which nobody comes back, whichever process held them.
    """

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        registry: Registry,
        storage: PlaceStorage,
        allowed: Allowed,
        *,
        now: Callable[[], datetime],
        refused: Callable[[Exception], None] = lambda _error: None,
        over: Callable[[Abandoned], Awaitable[None]] = _forget,
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._allowed = allowed
        self._now = now
        self._refused = refused
        self._over = over
        # This process, to the others.
        self._holder = uuid4()
        self._held: dict[UUID, LiveSession] = {}

    def check_process(self) -> None:
        """Raise CapacityReached or ShuttingDown when this process has no place."""
        with self._told():
            self._registry.check()

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
        place = Holding(
            id=place_id,
            caller_id=caller.id,
            session_id=caller.session_id,
            holder=self._holder,
            held_until=now + HELD_FOR,
            resumable_until=now + self._returns_within,
        )
        day_began = _midnight(now, assistant)
        with self._told():
            self._registry.check()
            async with self._storage.taking(place, assistant.store_id, now=now, day_began=day_began) as usage:
                left_s = self._judge(usage, assistant, now)
        try:
            with self._held_here(caller, place_id, left_s) as live:
                yield live
        finally:
            await self._bounded(self._storage.give_up(place_id, self._holder), "voice_place_not_given_up")

    @asynccontextmanager
    async def adopted(self, claim: Claim, caller: Caller, assistant: Assistant) -> AsyncIterator[LiveSession]:
        """Hold for the block what another process held: the caller is counted already, and comes with what they have.

        Raises CapacityReached or ShuttingDown for this process, and ResumeRefused when somebody else was quicker.
        """
        self.check_process()
        now = self._now()
        usage = await self._storage.usage(caller.id, assistant.store_id, now=now, day_began=_midnight(now, assistant))
        left_s = self._left_s(usage)
        if not await self._storage.adopt(
            claim, self._holder, held_until=now + HELD_FOR, resumable_until=now + self._returns_within
        ):
            raise ResumeRefused
        try:
            with self._held_here(caller, claim.id, left_s) as live:
                yield live
        except BaseException:
            # Its record has no end yet.
            await self._bounded(self._storage.forsake(claim.id, self._holder, now=now), "voice_place_not_forsaken")
            raise
        finally:
            await self._bounded(self._storage.give_up(claim.id, self._holder), "voice_place_not_given_up")

    @contextmanager
    def _held_here(self, caller: Caller, place_id: UUID, left_s: float) -> Iterator[LiveSession]:
        keeper = _Kept(self, place_id)
        with self._registry.place(caller, store_left_s=left_s, place_id=place_id, keeper=keeper) as live:
            self._held[place_id] = live
            try:
                yield live
            finally:
                del self._held[place_id]

    async def keep_token(self, place_id: UUID, token_sha256: bytes | None) -> None:
        """Let the caller of a place come back with this token in any process; bounded."""
        await self._bounded(self._storage.keep_token(place_id, self._holder, token_sha256), "resume_token_not_kept")

    async def let_go(self, place_id: UUID) -> bool:
        """Let another process take a place of this one's; False if none can. Bounded."""
        now = self._now()
        return bool(
            await self._bounded(
                self._storage.let_go(
                    place_id,
                    self._holder,
                    held_until=now + HELD_FOR,
                    resumable_until=now + timedelta(seconds=self._registry.resume_within_s),
                ),
                "voice_place_not_let_go",
            )
        )

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """For the block, say every few seconds that this process' places still hold."""
        async with beside(self._keep(), name="places"):
            yield

    async def _keep(self) -> None:
        times = 0
        while True:
            await asyncio.sleep(HOLD_EVERY_S)
            times = times + 1 if await self._bounded(self.hold(), "voice_places_not_held") else 0
            # When the database comes back, all processes first say what they hold.
            if times >= HELD_BEFORE:
                await self._bounded(self.end_abandoned(), "voice_places_not_ended")

    async def hold(self) -> bool:
        """Say that this process' places still hold; end what another one has taken, because we could not be asked."""
        now = self._now()
        taken = await self._storage.hold(
            tuple(self._held), self._holder, held_until=now + HELD_FOR, resumable_until=now + self._returns_within
        )
        for place_id in taken:
            if place_id in self._held:
                self._held[place_id].end(EndReason.HANDED_OFF)
        return True

    async def end_abandoned(self) -> None:
        """End what nobody comes back to, of processes that were killed."""
        for abandoned in await self._storage.abandoned(now=self._now(), held_for=HELD_FOR):
            log.warning("conversation_abandoned", conversation_id=str(abandoned.id))
            await self._over(abandoned)

    @property
    def _returns_within(self) -> timedelta:
        # Counted from the last time that a killed process could say that it was there.
        return timedelta(seconds=HOLD_EVERY_S + self._registry.resume_within_s)

    @staticmethod
    async def _bounded(asking: Awaitable[AskedT], failed: str) -> AskedT | None:
        """Wait for the database, but not for ever; None when it does not do it."""
        try:
            async with asyncio.timeout(HOLD_EVERY_S):
                return await asking
        except Exception as error:  # noqa: BLE001 - whatever ails the database, the next time may be better
            log.warning(failed, error=type(error).__name__)
        return None

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
        left_s = self._left_s(usage)
        if left_s <= 0:
            raise StoreMinutesUsed(_midnight(now, assistant) + timedelta(days=1) - now)
        return left_s

    def _left_s(self, usage: Usage) -> float:
        day = self._allowed.store_day
        return math.inf if day is None else (day - usage.store_spent).total_seconds()


class _Kept:
    """One place's token; see `pipelines.resumption.Keeper`."""

    def __init__(self, places: Places, place_id: UUID) -> None:
        self._places = places
        self._place_id = place_id

    async def keep(self, token_sha256: bytes | None) -> None:
        await self._places.keep_token(self._place_id, token_sha256)

    async def let_go(self) -> bool:
        return await self._places.let_go(self._place_id)


def _midnight(now: datetime, assistant: Assistant) -> datetime:
    return now.astimezone(assistant.time_zone).replace(hour=0, minute=0, second=0, microsecond=0)
