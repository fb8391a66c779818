"""Rooms at Daily: made for one conversation and deleted after it, or one that is always there; and tokens for them.

https://docs.daily.co/reference/rest-api/rooms, https://docs.daily.co/reference/rest-api/meeting-tokens
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

import structlog
from yarl import URL

from auth.background import beside
from pipelines.daily.api import DailyApi, DailyFailed, Json
from pipelines.registry import RETRY_AFTER, CapacityReached

SWEEP_EVERY_S = 60
SWEEP_S = 50
# Ours among others' in the same Daily domain.
PREFIX = "storeline-"
# Who talks for us, in every room: their user id, which nobody else gets.
ASSISTANT = "assistant"
# Beyond what a conversation may last: to come in, and to say goodbye.
SPARE_S = 120

log = structlog.get_logger()


class Others(StrEnum):
    """What is done about people in a room who are neither the caller nor the assistant."""

    REFUSE = "refuse"
    IGNORE = "ignore"


@dataclass(slots=True, kw_only=True)
class Room:
    """A room that belongs to a conversation now.

    `occupant` is the caller's participant id while they are in it. `handed_over`: they were, so nothing is torn down.
    """

    name: str
    url: str
    occupant: str | None = None
    handed_over: bool = False


class RoomStorage(Protocol):
    """Where the processes see each other's rooms."""

    async def claim(self, name: str, place_id: UUID, *, made: bool, now: datetime) -> bool:
        """Note whose a room is; False while another conversation has it."""

    async def give_up(self, name: str, place_id: UUID) -> None:
        """Forget a room."""

    async def left_behind(self, *, now: datetime) -> Sequence[tuple[str, UUID]]:
        """The rooms that were made for conversations that are over, each with its place."""


class Rooms:
    """Opens rooms, each for as long as a block. Every method is bounded, and raises DailyFailed."""

    def __init__(self, api: DailyApi, storage: RoomStorage, *, others: Others, now: Callable[[], datetime]) -> None:
        self._api = api
        self._storage = storage
        self._others = others
        self._now = now

    @asynccontextmanager
    async def made(
        self,
        of: UUID,
        place_id: UUID,
        *,
        lasts_s: float,
        if_allowed: Mapping[str, object] = MappingProxyType({}),
        **properties: object,
    ) -> AsyncIterator[Room]:
        """Make a private room named after `of`; afterwards it is gone, with everybody in it.

        `if_allowed` are properties that not every plan of Daily's has: a room without them is better than none.
        """
        name = name_of(of)
        if not await self._storage.claim(name, place_id, made=True, now=self._now()):
            raise DailyFailed("the room is another conversation's")
        # From here on whatever comes of it is swept.
        try:
            made = await self._make(name, lasts_s, {**properties, **if_allowed})
        except DailyFailed as error:
            if error.status != HTTPStatus.BAD_REQUEST or not if_allowed:
                raise
            # Refused as a whole, so nothing was made.
            log.warning("daily_room_without", properties=sorted(if_allowed), reason=error.reason)
            made = await self._make(name, lasts_s, properties)
        room = Room(name=name, url=_text(made, "url"))
        try:
            yield room
        finally:
            await self._close(room, place_id)

    @asynccontextmanager
    async def borrowed(self, url: URL, place_id: UUID, *, caller: str) -> AsyncIterator[Room]:
        """Take the room that is always there; afterwards the caller is not in it. One conversation at a time.

        Raises CapacityReached while another one has it.
        """
        name = url.name
        if not await self._storage.claim(name, place_id, made=False, now=self._now()):
            raise CapacityReached(RETRY_AFTER)
        try:
            if await self._api.get(f"rooms/{name}") is None:
                raise DailyFailed("the room of TELEPHONY_DAILY_ROOM_URL does not exist")
            yield Room(name=name, url=str(url))
        finally:
            await self._put_out(name, user_ids=[caller])
            await self._storage.give_up(name, place_id)

    async def assistant_token(self, room: Room, *, lasts_s: float) -> str:
        """A token for us: an owner, who may dial, transfer and eject."""
        return await self._token(room, lasts_s, user_id=ASSISTANT, user_name="Assistant", is_owner=True)

    async def caller_token(self, room: Room, *, lasts_s: float, user_id: str) -> str:
        """A token for one caller, who may be heard and nothing else."""
        permissions = {"hasPresence": True, "canSend": ["audio"], "canAdmin": False}
        return await self._token(
            room, lasts_s, user_id=user_id, user_name="Caller", is_owner=False, permissions=permissions
        )

    async def seen(self, room: Room, participant_id: str) -> None:
        """Somebody else has come in: do with them what the operator wants."""
        log.warning("daily_stranger", room=room.name, done=self._others)
        if self._others is Others.REFUSE:
            await self._eject(room.name, ids=[participant_id])

    async def present(self, of: UUID) -> Collection[tuple[str, str]] | None:
        """Who is in a made room, each by id and user id; None if there is no such room."""
        return await self._present(name_of(of))

    async def clear(self, of: UUID) -> None:
        """Put everybody out of a made room, whichever process has it; that one deletes it, or the next sweep does."""
        name = name_of(of)
        present = await self._present(name)
        if present is not None:
            # Daily's list may be 15 s old: where only we are put out, the process there does the rest.
            await self._eject(name, ids=[one for one, _ in present], user_ids=[ASSISTANT])

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """For the block, now and every SWEEP_EVERY_S, delete what killed processes have left."""
        async with beside(self._keep(), name="Daily rooms"):
            yield

    async def _keep(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self.sweep()
            except Exception as error:  # noqa: BLE001 - whatever ails database or Daily, the next round may be better
                log.warning("daily_rooms_not_swept", error=type(error).__name__)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def sweep(self) -> None:
        """Delete every room of ours whose conversation is over."""
        for name, place_id in await self._storage.left_behind(now=self._now()):
            present = await self._present(name) or ()
            # Where we still are, only the database has lost sight of the conversation.
            if any(user_id == ASSISTANT for _, user_id in present):
                continue
            log.warning("daily_room_left_behind", room=name)
            await self._put_out(name, ids=[one for one, _ in present])
            await self._api.delete(f"rooms/{name}")
            await self._storage.give_up(name, place_id)

    async def _close(self, room: Room, place_id: UUID) -> None:
        try:
            # A call that was handed over is carried by Daily; its room ends by itself.
            if not room.handed_over:
                # Daily does not say that deleting a room hangs up on anybody.
                await self._put_out(room.name, ids=[room.occupant] if room.occupant else [])
                await self._api.delete(f"rooms/{room.name}")
        except DailyFailed as error:
            log.warning("daily_room_not_deleted", room=room.name, reason=error.reason)
        else:
            await self._storage.give_up(room.name, place_id)

    async def _put_out(self, name: str, **whom: Sequence[str]) -> None:
        """Eject people before what has to be done in any case."""
        try:
            await self._eject(name, **whom)
        except DailyFailed as error:
            log.warning("daily_not_put_out", room=name, reason=error.reason)

    async def _eject(self, name: str, **whom: Sequence[str]) -> None:
        """By `ids` of participants or by `user_ids`; who is not there is no error."""
        wanted = {by: them for by, them in whom.items() if them}
        if not wanted:
            return
        try:
            await self._api.send(f"rooms/{name}/eject", wanted, again=True)
        except DailyFailed as error:
            # Nobody is there any more.
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def _make(self, name: str, lasts_s: float, properties: Mapping[str, object]) -> Json:
        wanted = {
            "exp": self._unix(lasts_s),
            "eject_at_room_exp": True,
            "enable_chat": False,
            "enable_screenshare": False,
            "enable_prejoin_ui": False,
            "start_video_off": True,
            **({"max_participants": 2} if self._others is Others.REFUSE else {}),
            **properties,
        }
        return await self._api.send("rooms", {"name": name, "privacy": "private", "properties": wanted})

    async def _present(self, name: str) -> Collection[tuple[str, str]] | None:
        found = await self._api.get(f"rooms/{name}/presence")
        if found is None:
            return None
        data = found.get("data")
        return [(str(one.get("id")), str(one.get("userId"))) for one in data] if isinstance(data, list) else []

    async def _token(self, room: Room, lasts_s: float, **properties: object) -> str:
        # Without room_name a token opens every room of the domain, and without exp for ever.
        wanted = {
            "properties": {
                "room_name": room.name,
                "exp": self._unix(lasts_s),
                "eject_at_token_exp": True,
                "eject_after_elapsed": math.ceil(lasts_s),
                "enable_screenshare": False,
                "start_video_off": True,
                **properties,
            }
        }
        return _text(await self._api.send("meeting-tokens", wanted, again=True), "token")

    def _unix(self, after_s: float) -> int:
        """A moment in whole seconds, which is all that Daily takes."""
        return math.ceil((self._now() + timedelta(seconds=after_s)).timestamp())


def name_of(of: UUID) -> str:
    """The room of a conversation or call."""
    return f"{PREFIX}{of.hex}"


def _text(answer: Json, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise DailyFailed(f"its answer has no {key}")
    return value
