"""Going on with a conversation of another process, whether it lets go by itself, has to be asked, or was killed."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from auth.principals import Principal, SessionId, StoreId
from auth.tokens import opaque
from pipelines.conversations.earlier import Earlier, EarlierReads
from pipelines.conversations.records import ConversationId
from pipelines.identity import Caller, Guest
from pipelines.live.commands import Action, ConversationOver, NotAnswered
from pipelines.place_records import Claim
from pipelines.places import HELD_FOR, Places
from pipelines.registry import LiveSession, ResumeRefused

# Notices take milliseconds, and letting go a few queries; who has not answered by then was killed.
ANSWER_WITHIN_S = 1.0

Place = AbstractAsyncContextManager[LiveSession]

log = structlog.get_logger()


class Claims(Protocol):
    """What is asked about places, and done; see `pipelines.place_queries`."""

    async def may_return(self, caller_id: UUID, session_id: SessionId | None, *, now: datetime) -> bool:
        """Whether a caller has a token for something that has not ended, in any process."""

    async def of_token(
        self, token_sha256: bytes, caller_id: UUID, session_id: SessionId | None, *, now: datetime
    ) -> Claim | None:
        """What a caller's token opens."""

    async def of_place(self, place_id: UUID, *, now: datetime) -> Claim | None:
        """What can be taken up without a token, by those who have another proof."""

    async def let_go(self, place_id: UUID, holder: UUID, *, held_until: datetime, resumable_until: datetime) -> bool:
        """Let go of a place for a process that cannot."""


class Asks(Protocol):
    """The way to the process that holds a conversation; see `pipelines.live.commands.Switchboard`."""

    async def ask(
        self, action: Action, store_id: StoreId, conversation_id: ConversationId, *, text: str, within_s: float
    ) -> None:
        """Have it done. Raises NotAnswered, or ConversationOver when the process refuses."""


class Handoffs:
    """Finds what somebody comes back to, and has it let go; `Places.adopted` then takes it, once."""

    def __init__(
        self, claims: Claims, records: EarlierReads, switchboard: Asks, *, now: Callable[[], datetime]
    ) -> None:
        self._claims = claims
        self._records = records
        self._switchboard = switchboard
        self._now = now

    async def may_return(self, somebody: Principal | Guest) -> bool:
        """Whether they have something to come back to."""
        return await self._claims.may_return(somebody.id, somebody.session_id, now=self._now())

    async def of_token(self, token: str, caller: Caller, places: Places) -> tuple[Earlier, Place]:
        """What the token opens to this caller, and its place in this process, which `Places.adopted` takes.

        Raises CapacityReached or ShuttingDown for this process, before another one lets go for it, and ResumeRefused.
        """
        places.check_process()
        token_sha256 = opaque.digest(token)

        async def find() -> Claim | None:
            return await self._claims.of_token(token_sha256, caller.id, caller.session_id, now=self._now())

        claim, earlier = await self._free(find, shown=token_sha256)
        return earlier, places.adopted(claim, caller, earlier.assistant)

    async def of_call(self, conversation_id: UUID) -> tuple[Claim, Earlier]:
        """What a caller who is proven otherwise comes back to. Raises ResumeRefused."""

        async def find() -> Claim | None:
            return await self._claims.of_place(conversation_id, now=self._now())

        return await self._free(find)

    async def _free(self, find: Callable[[], Awaitable[Claim | None]], *, shown: bytes = b"") -> tuple[Claim, Earlier]:
        claim = await find()
        if claim and claim.holder:
            await self._let_go(claim, claim.holder, shown)
            claim = await find()
        earlier = await self._records.earlier(ConversationId(claim.id)) if claim else None
        if claim is None or earlier is None:
            raise ResumeRefused
        return claim, earlier

    async def _let_go(self, claim: Claim, holder: UUID, shown: bytes) -> None:
        if claim.held:
            try:
                return await self._switchboard.ask(
                    Action.HAND_OFF,
                    claim.store_id,
                    ConversationId(claim.id),
                    text=shown.hex(),
                    within_s=ANSWER_WITHIN_S,
                )
            except ConversationOver as error:
                raise ResumeRefused from error
            except NotAnswered:
                log.warning("conversation_left_behind", conversation_id=str(claim.id))
        now = self._now()
        await self._claims.let_go(claim.id, holder, held_until=now + HELD_FOR, resumable_until=now + HELD_FOR)
        return None
