"""The WebRTC calls of this process: each begins with an offer and lives on when its request is answered."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog

from auth.background import Tasks
from auth.errors import SessionEnded
from auth.principals import SessionId
from auth.tokens import opaque
from pipelines.assistants.records import Assistant
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.records import Contact
from pipelines.identity import Caller
from pipelines.limits import EndReason
from pipelines.places import Places
from pipelines.registry import LiveSession
from pipelines.transports.webrtc.connection import WebRtcConnection
from pipelines.transports.webrtc.ice import Network
from pipelines.transports.webrtc.offers import Offer, read
from pipelines.voice_sessions import VoiceSessions

ID_BYTES = 32
# A browser that changes networks makes one more offer, and finds ten candidates with many interfaces.
MAX_OFFERS = 10
MAX_PATCHES = 100
MAX_CANDIDATES = 200

log = structlog.get_logger()

IsLive = Callable[[SessionId], Awaitable[bool]]


class NoSuchCall(Exception):
    """No live call has this id and was opened with this ticket; which of them is not told."""


class NotEstablished(Exception):
    """The caller got our answer, and never came."""


class TooManySignals(Exception):
    """More offers or candidates than any network needs."""


@dataclass(eq=False, slots=True)
class Call:
    """A live call: `id` and `ticket_sha256` are what its client proves itself with, at its own `door`."""

    door: str
    ticket_sha256: bytes
    connection: WebRtcConnection
    id: str = field(default_factory=lambda: secrets.token_urlsafe(ID_BYTES))
    _offers: int = 1
    _patches: int = 0
    _candidates: int = 0
    # One change at a time: aiortc's descriptions follow each other.
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def renegotiate(self, sdp: str, *, restart: bool) -> str:
        """Answer a later offer. Raises TooManySignals, OfferUnreadable, OfferWithoutAudio or CapacityReached."""
        self._offers += 1
        if self._offers > MAX_OFFERS:
            raise TooManySignals
        offer = read(sdp)
        async with self._changing:
            return await self.connection.answer(offer, restart=restart)

    async def try_candidates(self, lines: list[str]) -> None:
        """Take candidates. Raises TooManySignals."""
        self._patches += 1
        self._candidates += len(lines)
        if self._patches > MAX_PATCHES or self._candidates > MAX_CANDIDATES:
            raise TooManySignals
        async with self._changing:
            await self.connection.try_candidates(lines)


class Calls:
    """Begins calls, and finds them again."""

    def __init__(self, *, places: Places, sessions: VoiceSessions, network: Network) -> None:
        self._places = places
        self._sessions = sessions
        self._network = network
        self._live: dict[str, Call] = {}
        self._running = Tasks()

    async def begin(  # noqa: PLR0913 - each has its name
        self,
        caller: Caller,
        assistant: Assistant,
        offer: Offer,
        *,
        contact: Contact,
        door: str,
        ticket: str,
        is_live: IsLive | None = None,
        place: AbstractAsyncContextManager[LiveSession] | None = None,
        earlier: Earlier | None = None,
    ) -> tuple[str, str]:
        """Return the call's id and our SDP; the conversation begins once the caller is connected.

        `is_live` tells whether the caller's sign-in still stands, if there is one; with `place` and `earlier` they go
        on with what they have begun. Raises SessionEnded, OfferUnreadable, or like `Places`.
        """
        answered: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        talk = partial(self._sessions.run, assistant=assistant, contact=contact, earlier=earlier)
        place = place or self._places.taken(caller, assistant)
        self._running.begin(self._run(caller, place, offer, talk, door, ticket, is_live, answered))
        return await answered

    def find(self, call_id: str, *, door: str, ticket: str) -> Call:
        """Return a live call of this door. Raises NoSuchCall."""
        call = self._live.get(call_id)
        if call is None or call.door != door or not hmac.compare_digest(call.ticket_sha256, opaque.digest(ticket)):
            raise NoSuchCall
        return call

    async def close(self) -> None:
        """End what has outlasted the server's patience."""
        await self._running.close()

    async def _run(  # noqa: PLR0913, PLR0917 - one call's all
        self,
        caller: Caller,
        place: AbstractAsyncContextManager[LiveSession],
        offer: Offer,
        talk: Callable[[WebRtcConnection, LiveSession], Awaitable[EndReason]],
        door: str,
        ticket: str,
        is_live: IsLive | None,
        answered: asyncio.Future[tuple[str, str]],
    ) -> None:
        try:
            async with place as live:
                # Only now, where a revocation finds this session: asked before, one in between would go unnoticed.
                if is_live and caller.session_id and not await is_live(caller.session_id):
                    raise SessionEnded(caller.session_id)
                connection = WebRtcConnection(live, self._sessions.limits, self._network)
                async with self._listed(Call(door, opaque.digest(ticket), connection)) as call:
                    answered.set_result((call.id, await connection.answer(offer)))
                    if not await connection.established():
                        raise NotEstablished
                    await talk(connection, live)
        except NotEstablished:
            log.info("webrtc_not_established")
        except Exception as error:
            if answered.done():
                log.exception("webrtc_call_failed")
            else:
                answered.set_exception(error)
        finally:
            answered.cancel()

    @asynccontextmanager
    async def _listed(self, call: Call) -> AsyncIterator[Call]:
        self._live[call.id] = call
        try:
            yield call
        finally:
            del self._live[call.id]
            await call.connection.close(EndReason.CALLER_LEFT)
