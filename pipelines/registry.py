"""The live sessions of this process: how many there may be, coming back into one, and ending them from outside."""

import asyncio
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NewType
from uuid import UUID, uuid4

import structlog

from auth.principals import Principal, SessionId
from auth.tokens import opaque
from pipelines.identity import Caller, Guest, TokenRefused
from pipelines.limits import EndReason
from pipelines.resumption import Keeper, Resumption

VoiceSessionId = NewType("VoiceSessionId", UUID)

# Conversations last minutes; a caller who is turned away may as well try soon.
RETRY_AFTER = timedelta(seconds=10)
RESUME_WITHIN_S = 30
BETWEEN_HANDOFFS_S = 0.02

log = structlog.get_logger()


@dataclass
class CapacityReached(Exception):
    """Every place is taken."""

    retry_after: timedelta


@dataclass
class ShuttingDown(Exception):
    """This process takes no new sessions; another one may."""

    retry_after: timedelta


class ResumeRefused(Exception):
    """No session waits for this token and this sign-in here; why is not told."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveSession:
    """A taken place, who took it, and the line on which its session hears that it must end."""

    caller: Caller
    resumption: Resumption
    # How long the store may still be talked to today.
    store_left_s: float = math.inf
    id: VoiceSessionId = field(default_factory=lambda: VoiceSessionId(uuid4()))
    _ending: asyncio.Future[EndReason] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self, reason: EndReason) -> None:
        """Ask the session to end. The first reason counts."""
        if not self._ending.done():
            self._ending.set_result(reason)

    async def ended(self) -> EndReason:
        """Wait until somebody asked, and return why."""
        return await asyncio.shield(self._ending)

    @property
    def over(self) -> bool:
        """Whether somebody asked."""
        return self._ending.done()

    @property
    def reason(self) -> EndReason | None:
        """Why; None while it goes on."""
        return self._ending.result() if self._ending.done() else None

    def lost(self, reason: EndReason) -> None:
        """The caller's network is gone: wait for them, or end for this reason."""
        if self.over:
            return
        if self.resumption.wait(lambda: self.end(reason)):
            log.info("voice_session_waits", session_id=str(self.id), reason=reason)
        else:
            self.end(reason)


class Registry:
    """Places for `capacity` sessions at once. A session keeps its place while it waits for a caller to come back."""

    def __init__(self, *, capacity: int, resume_within_s: float = RESUME_WITHIN_S) -> None:
        self._capacity = capacity
        self.resume_within_s = resume_within_s
        self._live: dict[VoiceSessionId, LiveSession] = {}
        # How many have been.
        self.ended = 0
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._live)

    def sessions(self) -> list[LiveSession]:
        """Those under way now."""
        return list(self._live.values())

    def check(self) -> None:
        """Raise CapacityReached or ShuttingDown when there is no place."""
        self.check_stays()
        if len(self._live) >= self._capacity:
            raise CapacityReached(RETRY_AFTER)

    def check_stays(self) -> None:
        """Raise ShuttingDown when the process is about to end."""
        if self._draining:
            raise ShuttingDown(RETRY_AFTER)

    @contextmanager
    def place(
        self,
        caller: Caller,
        *,
        store_left_s: float = math.inf,
        place_id: UUID | None = None,
        keeper: Keeper | None = None,
    ) -> Iterator[LiveSession]:
        """Hold a place. Raises like `check`. `place_id` and `keeper`: by which all processes know it."""
        self.check()
        within_s = self.resume_within_s if caller.may_resume else 0
        resumption = Resumption(within_s=within_s, keeper=keeper)
        live = LiveSession(caller, resumption, store_left_s, VoiceSessionId(place_id or uuid4()))
        self._live[live.id] = live
        self._empty.clear()
        try:
            yield live
        finally:
            live.resumption.stop_waiting()
            del self._live[live.id]
            self.ended += 1
            if not self._live:
                self._empty.set()

    def resume(self, token: str, somebody: Principal | Guest, *, among: Collection[VoiceSessionId]) -> LiveSession:
        """Return the session that this token opens, and use it up: of two that try, one gets it. Raises ResumeRefused.

        It need not have noticed yet that its caller was gone. `among` are those of the door where the caller stands.
        """
        token_sha256 = opaque.digest(token)
        for live in self._live.values():
            if live.id in among and live.resumption.matches(token_sha256) and not live.over:
                try:
                    live.caller.prolong(somebody)
                except TokenRefused as error:
                    raise ResumeRefused from error
                live.resumption.use()
                return live
        raise ResumeRefused

    def auth_sessions(self) -> set[SessionId]:
        """Return the sign-ins that have something live here."""
        return {live.caller.session_id for live in self._live.values() if live.caller.session_id}

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """End every session that was opened with this sign-in. It does not wait for them."""
        for live in self._live.values():
            if live.caller.session_id == auth_session_id:
                live.end(EndReason.REVOKED)

    async def drain(self, *, timeout_s: float, others: bool = False) -> bool:
        """Take no more, hand sessions over to other processes or let them say their sentence and end.

        `others`: there are such processes now. A client that has a token waits for one, a carrier does not.
        Return whether all have left within `timeout_s`.
        """
        self._draining = True
        try:
            async with asyncio.timeout(timeout_s):
                sessions = self.sessions()
                for live in sessions:
                    moves = live.resumption.token is not None or (others and live.resumption.movable)
                    live.end(EndReason.HANDED_OFF if moves else EndReason.SHUTTING_DOWN)
                    # Not all in one moment: whoever takes them has other callers.
                    await asyncio.sleep(min(BETWEEN_HANDOFFS_S, timeout_s / 2 / len(sessions)))
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
