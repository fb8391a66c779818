"""Write a conversation down while it goes on, without ever holding up the audio."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog

from pipelines.conversations.backlog import Backlog
from pipelines.conversations.records import Conversation, ConversationId, Ending, Turn
from pipelines.conversations.tool_calls import ToolCall

MAX_WAITING = 256
WRITE_TIMEOUT_S = 5.0
FLUSH_TIMEOUT_S = 5.0
FIRST_RETRY_S = 0.25
MAX_RETRY_S = 5.0

log = structlog.get_logger()


@dataclass
class DatabaseAway(Exception):
    """The database cannot be reached just now; the same write may succeed later."""

    reason: str


@dataclass
class WriteRefused(Exception):
    """The database does not accept this row, now or later."""

    rule: str


class Writes(Protocol):
    """Where a journal ends up. Every write may be repeated, and raises DatabaseAway or WriteRefused."""

    async def start(self, conversation: Conversation) -> None:
        """Insert the conversation."""

    async def add(self, turn: Turn) -> None:
        """Insert a turn of it."""

    async def add_tool_call(self, call: ToolCall) -> None:
        """Insert what was done with a tool."""

    async def end(self, ending: Ending) -> None:
        """Note its end."""


class Journal:
    """One conversation's way into the database: a queue and the task that empties it in order.

    `open` and `add` return at once. An absent database is tried again, more and more patiently, for as long
    as the conversation lasts; `close` then gives it `flush_timeout_s`, and leaves what is still to write to `backlog`.
    What could not be written is counted in the log, without its words.
    """

    def __init__(
        self, writes: Writes, *, backlog: Backlog | None = None, flush_timeout_s: float = FLUSH_TIMEOUT_S
    ) -> None:
        self._writes = writes
        self._backlog = backlog
        self._flush_timeout_s = flush_timeout_s
        self._entries: asyncio.Queue[Conversation | Turn | ToolCall | Ending | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._lost = 0

    def open(self, conversation: Conversation) -> None:
        """Begin with the conversation itself."""
        self._entries.put_nowait(conversation)
        self._writer = asyncio.create_task(self._write_all(conversation.id), name=f"journal-{conversation.id}")

    def add(self, entry: Turn | ToolCall) -> None:
        """Queue a finished turn or call; with MAX_WAITING before it, it is lost and counted."""
        if self._entries.qsize() < MAX_WAITING:
            self._entries.put_nowait(entry)
        else:
            self._lost += 1

    async def close(self, ending: Ending | None) -> None:
        """Write what is left and the end, for at most `flush_timeout_s`. Then the task is gone, or the backlog's.

        None: another process goes on with it.
        """
        if self._writer is None:
            return
        self._entries.put_nowait(ending)
        done, _ = await asyncio.wait({self._writer}, timeout=self._flush_timeout_s)
        if done:
            # Raises what broke it, if something did.
            self._writer.result()
        elif self._backlog is None or not self._backlog.take(self._writer):
            self._writer.cancel()
            await asyncio.wait({self._writer})

    async def _write_all(self, conversation_id: ConversationId) -> None:
        try:
            while True:
                entry = await self._entries.get()
                if entry is not None:
                    await self._write(entry)
                if entry is None or isinstance(entry, Ending):
                    return
        except asyncio.CancelledError:
            # The entry being written has left the queue, and is lost as well.
            self._lost += self._entries.qsize() + 1
            raise
        finally:
            if self._lost:
                log.error("conversation_incomplete", conversation_id=str(conversation_id), lost_writes=self._lost)

    async def _write(self, entry: Conversation | Turn | ToolCall | Ending) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            try:
                async with asyncio.timeout(WRITE_TIMEOUT_S):
                    await self._write_once(entry)
            except WriteRefused as error:
                self._lost += 1
                # No traceback: the database quotes the row in it, with what was said.
                log.warning("conversation_write_refused", entry=type(entry).__name__, rule=error.rule)
                return
            except (DatabaseAway, TimeoutError) as error:
                log.warning("conversation_write_failed", error=repr(error), retry_s=retry_s)
            else:
                return
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, MAX_RETRY_S)

    async def _write_once(self, entry: Conversation | Turn | ToolCall | Ending) -> None:
        match entry:
            case Conversation():
                await self._writes.start(entry)
            case Turn():
                await self._writes.add(entry)
            case ToolCall():
                await self._writes.add_tool_call(entry)
            case Ending():
                await self._writes.end(entry)
