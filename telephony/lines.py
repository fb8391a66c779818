"""What every carrier's calls share: who answers, one conversation for each, and nothing of them that outlives it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from auth.background import beside
from pipelines.assistants.queries import AssistantQueries
from pipelines.assistants.records import Assistant
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.records import Contact
from pipelines.handoffs import Handoffs
from pipelines.identity import Guest, Guests
from pipelines.limits import EndReason
from pipelines.parts import Connection
from pipelines.place_records import Claim
from pipelines.places import LIMITS_OF_ALL, Places
from pipelines.processors.screening import Screening
from pipelines.registry import CapacityReached, LiveSession, ResumeRefused, ShuttingDown
from pipelines.tools.transfers import Transfers
from pipelines.voice_sessions import VoiceSessions
from telephony.calls import NOBODY_ANSWERS, TURNED_AWAY, Call, CallId, Calls
from telephony.numbers import masked

CHANNEL = "phone"
# A process says so often that it has the media of its calls, and they count as its own for so long after it was killed.
HOLD_EVERY_S = 10
HELD_FOR = timedelta(seconds=30)

log = structlog.get_logger()


@dataclass
class NobodyAnswers(Exception):
    """The assistant of this number is not there, or does not talk to people without an account."""


@dataclass
class NotConnected(Exception):
    """Nobody came to the telephone; the call ends for this `reason`."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What a carrier brings to a conversation: the caller, how they are handed over, and whether they are a person.

    `movable`: when our end closes, the carrier asks what follows, and may be led to another process.
    """

    connection: Connection
    transfers: Transfers | None = None
    screening: Screening | None = None
    movable: bool = False


Connect = Callable[[LiveSession, Assistant], AbstractAsyncContextManager[Leg]]


class Lines:
    """Holds the conversations of calls. A carrier brings a leg; the rest is the same for all."""

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        calls: Calls,
        *,
        assistants: AssistantQueries,
        places: Places,
        sessions: VoiceSessions,
        guests: Guests,
        handoffs: Handoffs,
        now: Callable[[], datetime],
    ) -> None:
        self.calls = calls
        self._handoffs = handoffs
        self._assistants = assistants
        self._places = places
        self._sessions = sessions
        self._guests = guests
        self._now = now
        self._live: set[CallId] = set()

    async def expect(self, call: Call) -> None:
        """A call rings: raise NobodyAnswers, or like `Places.check`, and make the greeting meanwhile."""
        assistant = await self.assistant(call)
        await self._places.check(self._guest(call).id, assistant)
        self._sessions.prepare(assistant)

    async def assistant(self, call: Call) -> Assistant:
        """Who answers a call. Raises NobodyAnswers."""
        assistant = await self._assistants.of_store(call.store_id, call.assistant)
        if assistant is None or not assistant.open_to_callers:
            raise NobodyAnswers
        return assistant

    async def go_live(self, call_id: CallId, *, stream: int) -> Call | None:
        """Take the stream that follows `stream` others of a call; None if somebody has it, or the call is over."""
        now = self._now()
        return await self.calls.go_live(call_id, stream=stream, now=now, held_until=now + HELD_FOR)

    async def converse(self, call: Call, connect: Connect) -> EndReason:
        """Talk until somebody ends it; afterwards the call is ended, unless it was handed over.

        Raises NobodyAnswers, NotConnected if `connect` does, or like `Places.taken`; then nobody was connected, and the
        call is ended, too.
        """
        reason: str = EndReason.ERROR
        with structlog.contextvars.bound_contextvars(call_id=str(call.id)):
            try:
                begun = await self._begun(call)
                assistant = begun[1].assistant if begun else await self.assistant(call)
                contact = Contact(
                    channel=CHANNEL,
                    direction=call.direction,
                    caller_number=call.caller_number,
                    greeting=call.greeting,
                )
                guest, places = self._guest(call), self._places
                taken = places.adopted(begun[0], guest, assistant) if begun else places.taken(guest, assistant)
                async with taken as live, connect(live, assistant) as leg:
                    log.info("call_live", caller=masked(call.caller_number), direction=call.direction)
                    await self.calls.converse(call.id, live.id)
                    self._live.add(call.id)
                    live.resumption.movable = leg.movable
                    ended = await self._sessions.run(
                        leg.connection,
                        live,
                        assistant,
                        contact,
                        transfers=leg.transfers,
                        screening=leg.screening,
                        earlier=begun[1] if begun else None,
                    )
                    reason = ended
                    return ended
            except NotConnected as error:
                reason = error.reason
                raise
            except NobodyAnswers:
                reason = NOBODY_ANSWERS
                raise
            except (CapacityReached, ShuttingDown, *LIMITS_OF_ALL):
                # There was room when it rang; the seconds since then took it.
                reason = TURNED_AWAY
                raise
            finally:
                self._live.discard(call.id)
                if reason not in {EndReason.TRANSFERRED, EndReason.HANDED_OFF}:
                    await self.end(call.id, reason)

    async def goes_on(self, call: Call) -> bool:
        """Whether the conversation of a call whose stream is over can go on in another one."""
        return await self._begun(call) is not None

    async def _begun(self, call: Call) -> tuple[Claim, Earlier] | None:
        """What another process has of this call, and has let go of. One that ended, or was transferred, is over."""
        if call.conversation_id is None:
            return None
        try:
            return await self._handoffs.of_call(call.conversation_id)
        except ResumeRefused:
            return None

    async def end(self, call_id: CallId, reason: str) -> bool:
        """End a call; False when it had ended before."""
        ended = await self.calls.end(call_id, reason, now=self._now())
        if ended:
            log.info("call_ended", call_id=str(call_id), reason=reason)
        return ended

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """For the block, say every few seconds which calls have their media here."""
        async with beside(self._hold(), name="calls"):
            yield

    async def _hold(self) -> None:
        while True:
            await asyncio.sleep(HOLD_EVERY_S)
            if not self._live:
                continue
            # Whatever ails the database, the next time may be better.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(HOLD_EVERY_S):
                    await self.calls.hold(tuple(self._live), until=self._now() + HELD_FOR)

    def _guest(self, call: Call) -> Guest:
        # Whoever withholds their number is somebody else each time.
        return self._guests.known_by(CHANNEL, call.caller_number or str(call.id))
