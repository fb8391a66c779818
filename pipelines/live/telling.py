"""Tell those who watch a store what happens in its conversations, without ever holding one of them up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol
from uuid import UUID

import structlog

from auth.background import beside
from auth.notices.listening import FeedLost
from auth.principals import StoreId
from pipelines.conversations.history import ToolCallShown, TurnShown
from pipelines.conversations.journal import Writes
from pipelines.conversations.records import AnsweredBy, Conversation, Ending, Latency, Turn
from pipelines.conversations.tool_calls import ToolCall
from pipelines.live.events import (
    AnswerTimed,
    AssistantSays,
    CallerSaid,
    ConversationEnded,
    ConversationStarted,
    FloorChanged,
    Told,
    ToolUsed,
    TurnEnded,
)
from pipelines.live.interest import Interest

MAX_WAITING_EVENTS = 1_000
# A notice holds less than 8,000 bytes. Of a longer text the beginning is told; the whole is on record.
MAX_NOTICE_BYTES = 7_900
MAX_TEXT_CHARS = 1_500

log = structlog.get_logger()


class Sends(Protocol):
    """The way to the other processes; see `auth.notices.queries.NoticeQueries`."""

    async def send(self, channel: str, payload: str) -> None:
        """Tell whoever listens to a channel. Raises FeedLost."""


def channel_of(store_id: StoreId) -> str:
    """Where it is told what happens in a store."""
    return f"live_{store_id.hex}"


class Broadcast:
    """Sends what is told, in order, from a queue; a notice takes what has gathered meanwhile. Made by `opened`."""

    def __init__(self, interest: Interest) -> None:
        self._interest = interest
        self._waiting: asyncio.Queue[tuple[StoreId, str]] = asyncio.Queue(MAX_WAITING_EVENTS)

    def watched(self, store_id: StoreId) -> bool:
        """Whether anybody hears what is told of this store."""
        return self._interest.in_store(store_id)

    def tell(self, store_id: StoreId, event: Told) -> None:
        """Queue an event. One that finds no room is lost: the database is away, and the record has the words."""
        if self._waiting.full():
            log.warning("live_event_lost")
        else:
            self._waiting.put_nowait((store_id, event.model_dump_json()))

    async def send_all(self, sends: Sends) -> None:
        """Send until cancelled."""
        while True:
            told = [await self._waiting.get()]
            while not self._waiting.empty():
                told.append(self._waiting.get_nowait())
            for store_id, payload in _notices(told):
                try:
                    await sends.send(channel_of(store_id), payload)
                except FeedLost as error:
                    log.warning("live_events_lost", reason=str(error))


def _notices(told: list[tuple[StoreId, str]]) -> list[tuple[StoreId, str]]:
    """Join events of one store into JSON arrays that fit a notice."""
    joined: list[tuple[StoreId, str]] = []
    for store_id, event in told:
        if joined and joined[-1][0] == store_id:
            longer = f"{joined[-1][1][:-1]},{event}]"
            if len(longer.encode()) <= MAX_NOTICE_BYTES:
                joined[-1] = (store_id, longer)
                continue
        joined.append((store_id, f"[{event}]"))
    return joined


@asynccontextmanager
async def opened(interest: Interest, sends: Sends) -> AsyncIterator[Broadcast]:
    """Send for the block."""
    broadcast = Broadcast(interest)
    async with beside(broadcast.send_all(sends), name="live events"):
        yield broadcast


def events_in(payload: str) -> list[tuple[str, str]]:
    """Name and JSON of each event in a notice; nothing of what is none."""
    try:
        events = json.loads(payload)
    except ValueError:
        return []
    known = [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
    return [(str(event.get("type")), json.dumps(event, ensure_ascii=False)) for event in known]


class Telling:
    """What is told of one conversation."""

    def __init__(self, conversation: Conversation, broadcast: Broadcast) -> None:
        self._conversation = conversation
        self._broadcast = broadcast

    def started(self) -> None:
        """It is on record."""
        self._tell(lambda id_: ConversationStarted(conversation_id=id_))

    def heard(self, text: str, *, final: bool) -> None:
        """The caller is understood to have said this."""
        self._tell(lambda id_: CallerSaid(conversation_id=id_, text=text[:MAX_TEXT_CHARS], final=final))

    def saying(self, text: str) -> None:
        """The assistant begins to say this."""
        self._tell(lambda id_: AssistantSays(conversation_id=id_, text=text[:MAX_TEXT_CHARS]))

    def timed(self, latency: Latency, answered_by: AnsweredBy | None) -> None:
        """An answer begins to be heard."""
        self._tell(lambda id_: AnswerTimed(conversation_id=id_, answered_by=answered_by, latency_ms=latency.by_stage()))

    def recorded(self, turn: Turn) -> None:
        """A turn is on record."""
        shown = TurnShown.of(turn)
        cut = shown.model_copy(update={"text": shown.text[:MAX_TEXT_CHARS], "sources": shown.sources[:5]})
        self._tell(lambda id_: TurnEnded(conversation_id=id_, turn=cut))

    def used(self, call: ToolCall) -> None:
        """What was done with a tool is on record."""
        shown = ToolCallShown.of(call)
        brief = len(shown.model_dump_json()) <= MAX_TEXT_CHARS
        cut = shown if brief else shown.model_copy(update={"answer": shown.answer[:500], "arguments": {}})
        self._tell(lambda id_: ToolUsed(conversation_id=id_, call=cut))

    def floor(self, *, taken_over: bool) -> None:
        """Staff begins to speak in the assistant's place, or does so no more, and the list knows."""
        self._tell(lambda id_: FloorChanged(conversation_id=id_, taken_over=taken_over))

    def ended(self, ending: Ending) -> None:
        """Its end is on record."""
        self._tell(lambda id_: ConversationEnded(conversation_id=id_, end_reason=ending.end_reason))

    def _tell(self, event: Callable[[UUID], Told]) -> None:
        if self._broadcast.watched(self._conversation.store_id):
            self._broadcast.tell(self._conversation.store_id, event(self._conversation.id))


class ToldWrites:
    """A journal's writes that are told once they are done: whoever then asks for the record finds it."""

    def __init__(self, writes: Writes, telling: Telling) -> None:
        self._writes = writes
        self._telling = telling

    async def start(self, conversation: Conversation) -> None:
        """Insert the conversation."""
        await self._writes.start(conversation)
        self._telling.started()

    async def add(self, turn: Turn) -> None:
        """Insert a turn of it."""
        await self._writes.add(turn)
        self._telling.recorded(turn)

    async def add_tool_call(self, call: ToolCall) -> None:
        """Insert what was done with a tool; what it says is told as the assistant's words."""
        await self._writes.add_tool_call(call)
        self._telling.used(call)

    async def end(self, ending: Ending) -> None:
        """Note its end."""
        await self._writes.end(ending)
        self._telling.ended(ending)
