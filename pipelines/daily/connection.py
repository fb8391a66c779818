"""A caller in a Daily room: who they are among those who are there, and when they have come and gone."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import structlog
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport

from pipelines.daily.api import DailyFailed
from pipelines.daily.engine import Engine
from pipelines.daily.rooms import ASSISTANT, Room
from pipelines.daily.transport import RoomTransport
from pipelines.limits import Allowance, EndReason, Limits
from pipelines.registry import LiveSession
from pipelines.transports.judging import MESSAGE_OVERHEAD_BYTES

# What Daily has taken is heard that much later: the network, and the caller's jitter buffer.
PLAYOUT_S = 0.4
# From joining on; the app has its token by then, or the telephone is being put through.
MAX_WAITING_MESSAGES = 50

log = structlog.get_logger()

Participant = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A room and how we come into it. `stranger` is told of everybody else who comes, by participant id."""

    room: Room
    token: str
    engine: Engine
    stranger: Callable[[Room, str], Awaitable[None]]


class RoomConnection:
    """One caller. `user_id` is that of their token; without one, it is whoever comes first."""

    by_telephone = False

    def __init__(self, door: Door, live: LiveSession, limits: Limits, *, user_id: str | None) -> None:
        self.caller_id: str | None = None
        self._door = door
        self._live = live
        self._limits = limits
        self._user_id = user_id
        self._came = asyncio.Event()
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=MAX_WAITING_MESSAGES)
        self._message_rate = Allowance(per_s=limits.messages_per_s, burst=limits.messages_burst)
        self._message_bytes = Allowance(per_s=limits.bytes_per_s, burst=2 * limits.max_payload_bytes)
        self.transport = RoomTransport(door.room.url, door.token, self, door.engine, limits)
        self.transport.add_event_handler("on_participant_joined", self._joined)
        self.transport.add_event_handler("on_participant_left", self._left)
        self.transport.add_event_handler("on_call_state_updated", self._state_changed)
        self.transport.add_event_handler("on_app_message", self._told)

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[Self]:
        """Be in the room for the block. Raises JoinRefused."""
        try:
            await self.transport.join()
            for name, participant in self.transport.participants().items():
                # Who was there before us is told of afterwards as well, or not.
                if name != "local":
                    await self._joined(self.transport, participant)
            yield self
        finally:
            await self.transport.leave()

    def input(self) -> FrameProcessor:
        """The pipeline's first processor."""
        return self.transport.input()

    def output(self) -> BaseOutputTransport:
        """The processor behind speech synthesis."""
        return self.transport.output()

    async def came(self, *, within_s: float) -> bool:
        """Wait until the caller is in the room; False if they are not, or all is over."""
        return await self.until(self._came, within_s=within_s)

    async def until(self, event: asyncio.Event, *, within_s: float) -> bool:
        """Wait for something that happens in the room, no longer than there is a session."""
        waiting = {asyncio.create_task(event.wait()), asyncio.create_task(self._live.ended())}
        try:
            await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        return event.is_set() and not self._live.over

    async def message(self) -> dict[str, Any]:
        """Wait for what the caller sends next."""
        return await self._messages.get()

    def leave(self, reason: EndReason) -> None:
        """End the session from this side."""
        self._live.end(reason)

    def unheard_s(self) -> float:
        """Nothing that we know of: the room has it."""
        return 0.0

    async def close(self, reason: EndReason) -> None:
        """Let the last word arrive; `joined` leaves the room."""
        if reason not in {EndReason.CALLER_LEFT, EndReason.CONNECTION_LOST}:
            await asyncio.sleep(PLAYOUT_S)

    def is_caller(self, participant: Participant) -> bool:
        """Whether somebody who comes in is the caller."""
        user_id = _info(participant).get("userId")
        if user_id == ASSISTANT:
            return False
        return self.caller_id is None and (self._user_id is None or user_id == self._user_id)

    async def _joined(self, _transport: object, participant: Participant) -> None:
        participant_id = str(participant["id"])
        if participant_id == self.caller_id:
            return
        if self.is_caller(participant):
            self.caller_id = self._door.room.occupant = participant_id
            self._came.set()
            return
        try:
            await self._door.stranger(self._door.room, participant_id)
        except DailyFailed as error:
            # They may stay; nothing of theirs is heard.
            log.warning("daily_stranger_stays", reason=error.reason)

    def _left(self, _transport: object, participant: Participant, _reason: str) -> None:
        if str(participant["id"]) == self.caller_id:
            self._door.room.occupant = None
            self.caller_left()

    def caller_left(self) -> None:
        """The caller is no longer in the room."""
        self.leave(EndReason.CALLER_LEFT)

    def _state_changed(self, _transport: object, state: str) -> None:
        # We leave only once the session is over; so we were put out, or the room is gone.
        if state == "left":
            self.leave(EndReason.CONNECTION_LOST)

    def _told(self, _transport: object, message: object, sender: str) -> None:
        if sender != self.caller_id or not isinstance(message, dict):
            return
        size = len(json.dumps(message)) + MESSAGE_OVERHEAD_BYTES
        if size > self._limits.max_payload_bytes:
            self.leave(EndReason.TOO_LARGE)
        elif self._messages.full() or not self._message_rate.spend(1) or not self._message_bytes.spend(size):
            self.leave(EndReason.TOO_MUCH)
        else:
            self._messages.put_nowait(message)


def _info(participant: Participant) -> Mapping[str, Any]:
    info = participant.get("info")
    return info if isinstance(info, Mapping) else {}
