"""POST …/voice/start with transport daily: a room, a token for it, and an assistant who waits in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from yarl import URL

from auth.background import Tasks
from auth.errors import SessionEnded
from auth.principals import Kind, SessionId, UserId
from pipelines.assistants.records import Assistant
from pipelines.conversations.records import Contact
from pipelines.daily.api import DailyFailed
from pipelines.daily.connection import Door, RoomConnection
from pipelines.daily.engine import Engine
from pipelines.daily.rooms import SPARE_S, Room, Rooms
from pipelines.daily.transport import JoinRefused
from pipelines.doors.starts import RoomStarted, RoomsUnavailable
from pipelines.identity import Identity
from pipelines.places import Places
from pipelines.registry import LiveSession
from pipelines.voice_sessions import VoiceSessions

CHANNEL = "daily"
# An app has its answer by then, and its user has let it use the microphone.
CALLER_S = 45.0

log = structlog.get_logger()

IsLive = Callable[[SessionId], Awaitable[bool]]


class RoomDoor:
    """The conversations of this process that go on in Daily rooms. `fixed` is the one room for all, if there is one."""

    def __init__(
        self, rooms: Rooms, engine: Engine, *, places: Places, sessions: VoiceSessions, fixed: URL | None
    ) -> None:
        self._rooms = rooms
        self._engine = engine
        self._places = places
        self._sessions = sessions
        self._fixed = fixed
        self._running = Tasks()

    async def start(self, caller: Identity, assistant: Assistant, *, is_live: IsLive) -> RoomStarted:
        """Return where the assistant waits. Raises RoomsUnavailable, SessionEnded, or like `Places.taken`."""
        answered: asyncio.Future[RoomStarted] = asyncio.get_running_loop().create_future()
        self._running.begin(self._run(caller, assistant, is_live, answered))
        return await answered

    async def close(self) -> None:
        """End what has outlasted the server's patience."""
        await self._running.close()

    async def _run(
        self, caller: Identity, assistant: Assistant, is_live: IsLive, answered: asyncio.Future[RoomStarted]
    ) -> None:
        principal = caller.principal
        user_id = UserId(principal.id) if principal.kind is Kind.USER else None
        try:
            async with self._places.taken(caller, assistant) as live:
                # Only now, where a revocation finds this session: asked before, one in between would go unnoticed.
                if not await is_live(principal.session_id):
                    raise SessionEnded(principal.session_id)
                async with self._waiting(live) as (connection, started):
                    answered.set_result(started)
                    if not await connection.came(within_s=CALLER_S):
                        log.info("daily_nobody_came")
                        return
                    contact = Contact(channel=CHANNEL, user_id=user_id)
                    await self._sessions.run(connection, live, assistant, contact)
        except Exception as error:
            if answered.done():
                log.exception("daily_conversation_failed")
            elif isinstance(error, DailyFailed | JoinRefused):
                log.warning("daily_room_not_opened", reason=error.reason)
                answered.set_exception(RoomsUnavailable())
            else:
                answered.set_exception(error)
        finally:
            answered.cancel()

    @asynccontextmanager
    async def _waiting(self, live: LiveSession) -> AsyncIterator[tuple[RoomConnection, RoomStarted]]:
        limits, user_id = self._sessions.limits, str(live.id)
        lasts_s = limits.max_session_s + SPARE_S
        async with self._room(live, lasts_s) as room:
            token = await self._rooms.assistant_token(room, lasts_s=lasts_s)
            door = Door(room=room, token=token, engine=self._engine, stranger=self._rooms.seen)
            async with RoomConnection(door, live, limits, user_id=user_id).joined() as connection:
                caller = await self._rooms.caller_token(room, lasts_s=lasts_s, user_id=user_id)
                yield connection, RoomStarted(dailyRoom=room.url, dailyToken=caller)

    @asynccontextmanager
    async def _room(self, live: LiveSession, lasts_s: float) -> AsyncIterator[Room]:
        if self._fixed is None:
            async with self._rooms.made(live.id, live.id, lasts_s=lasts_s) as room:
                yield room
        else:
            async with self._rooms.borrowed(self._fixed, live.id, caller=str(live.id)) as room:
                yield room
