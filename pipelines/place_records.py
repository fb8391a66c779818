"""A place in a conversation, which one process holds at a time, and what the database is asked about places."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from auth.principals import SessionId, StoreId


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is used now; `store_spent` since the store's day began, by conversations that ended or are held."""

    of_caller: int
    of_store: int
    store_spent: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A place and the process that holds it; `session_id` is the sign-in with which its caller may come back."""

    id: UUID
    caller_id: UUID
    session_id: SessionId | None
    holder: UUID
    held_until: datetime
    resumable_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody wants to go on with here: a place that its process has let go of, or, as `held` says, not yet."""

    id: UUID
    store_id: StoreId
    holder: UUID | None
    resume_sha256: bytes | None
    held: bool


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A place to which nobody has come back, and when a process held it last."""

    id: UUID
    held_last_at: datetime


class PlaceStorage(Protocol):
    """Where the processes see each other's places."""

    async def usage(self, caller_id: UUID, store_id: StoreId, *, now: datetime, day_began: datetime) -> Usage:
        """What is used now."""

    def taking(
        self, place: Holding, store_id: StoreId, *, now: datetime, day_began: datetime
    ) -> AbstractAsyncContextManager[Usage]:
        """Add a place unless the block, which sees what is used, raises."""

    async def hold(
        self, place_ids: Collection[UUID], holder: UUID, *, held_until: datetime, resumable_until: datetime
    ) -> Collection[UUID]:
        """Hold these for longer; return those that another process has taken meanwhile."""

    async def give_up(self, place_id: UUID, holder: UUID) -> None:
        """Take one away, unless it is another process's by now."""

    async def keep_token(self, place_id: UUID, holder: UUID, token_sha256: bytes | None) -> None:
        """Let the caller come back with this token, and with no other."""

    async def let_go(self, place_id: UUID, holder: UUID, *, held_until: datetime, resumable_until: datetime) -> bool:
        """Hold one no more, for whoever shows its token; False if it is not held."""

    async def adopt(self, claim: Claim, holder: UUID, *, held_until: datetime, resumable_until: datetime) -> bool:
        """Hold what another process held, and use up the token; of several that try, one does."""

    async def forsake(self, place_id: UUID, holder: UUID, *, now: datetime) -> None:
        """Let nobody take up what this process could not go on with."""

    async def abandoned(self, *, now: datetime, held_for: timedelta) -> Sequence[Abandoned]:
        """Drop those to which nobody comes back any more, and return them: each to one process."""
