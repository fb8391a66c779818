"""Ask the process in which a conversation runs to do something, whichever it is, and wait until it says that it did."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4

import structlog
from pydantic import BaseModel, ValidationError

from auth.background import Tasks
from auth.notices.listening import FeedLost, Notices
from auth.principals import StoreId
from pipelines.conversations.records import ConversationId
from pipelines.live.telling import Sends

CHANNEL = "live_command"
# Notices take milliseconds; a loop that is held up for longer has no place in a conversation.
ANSWER_WITHIN_S = 3.0
# A thousand characters fit a notice, whatever they are.
MAX_WHISPER_CHARS = 1_000

log = structlog.get_logger()


class ConversationOver(Exception):
    """It is over, or ends at this moment."""


class NotAnswered(Exception):
    """The process in which the conversation runs did not answer in time."""


class CannotBeJoined(Exception):
    """A model that hears and speaks by itself: nobody can whisper to it or speak in its place."""


class TakenOver(Exception):
    """Somebody else of the store speaks to the caller already."""


class Action(StrEnum):
    """What can be asked."""

    WHISPER = "whisper"
    END = "end"
    HOLD = "hold"
    RESUME = "resume"
    LISTEN = "listen"
    TAKE_OVER = "take_over"
    HAND_BACK = "hand_back"
    HAND_OFF = "hand_off"


# What is answered, by its name on the channel.
REFUSALS: dict[str, type[Exception]] = {
    "over": ConversationOver,
    "cannot_be_joined": CannotBeJoined,
    "taken_over": TakenOver,
}
DONE = "done"


class Command(BaseModel):
    """One request; `staff_id` is the socket of whoever listens or speaks."""

    id: UUID
    reply_to: str
    store_id: UUID
    conversation_id: UUID
    action: Action
    text: str = ""
    staff_id: UUID | None = None


class Outcome(BaseModel):
    """What became of it."""

    id: UUID
    outcome: str


class Attended(Protocol):
    """A conversation of this process; what it refuses it raises, as REFUSALS has it."""

    store_id: StoreId

    async def do(self, command: Command) -> None:
        """Do what is asked."""


class Switchboard:
    """Sends commands to all processes, and does those for the conversations of this one."""

    def __init__(self, notices: Notices, sends: Sends) -> None:
        self._sends = sends
        self._here: dict[UUID, Attended] = {}
        self._waiting: dict[UUID, asyncio.Future[str]] = {}
        self._doing = Tasks()
        self._reply_to = f"live_reply_{uuid4().hex}"
        notices.always(CHANNEL, self._hear_command)
        notices.always(self._reply_to, self._hear_outcome)

    @contextmanager
    def attending(self, conversation_id: ConversationId, attended: Attended) -> Iterator[None]:
        """Do what is asked of a conversation for the block."""
        self._here[conversation_id] = attended
        try:
            yield
        finally:
            del self._here[conversation_id]

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Own the tasks of the block."""
        try:
            yield
        finally:
            await self._doing.close()

    async def ask(  # noqa: PLR0913 - each has its name
        self,
        action: Action,
        store_id: StoreId,
        conversation_id: ConversationId,
        *,
        text: str = "",
        staff_id: UUID | None = None,
        within_s: float | None = None,
    ) -> None:
        """Have it done. Raises NotAnswered, or what the conversation refuses: see REFUSALS."""
        command = Command(
            id=uuid4(),
            reply_to=self._reply_to,
            store_id=store_id,
            conversation_id=conversation_id,
            action=action,
            text=text,
            staff_id=staff_id,
        )
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = answer
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S if within_s is None else within_s):
                await self._sends.send(CHANNEL, command.model_dump_json())
                outcome = await answer
        except (TimeoutError, FeedLost) as error:
            raise NotAnswered from error
        finally:
            del self._waiting[command.id]
        if outcome != DONE:
            raise REFUSALS.get(outcome, NotAnswered)

    def _hear_command(self, payload: str) -> None:
        try:
            command = Command.model_validate_json(payload)
        except ValidationError:
            # Anybody who may connect may notify.
            return
        attended = self._here.get(command.conversation_id)
        if attended and attended.store_id == command.store_id:
            self._doing.begin(self._do(attended, command))

    async def _do(self, attended: Attended, command: Command) -> None:
        try:
            await attended.do(command)
            outcome = DONE
        except Exception as error:
            outcome = next((name for name, kind in REFUSALS.items() if isinstance(error, kind)), "failed")
            if outcome == "failed":
                log.exception("live_command_failed", action=command.action)
        try:
            await self._sends.send(command.reply_to, Outcome(id=command.id, outcome=outcome).model_dump_json())
        except FeedLost as error:
            log.warning("live_command_not_answered", reason=str(error))

    def _hear_outcome(self, payload: str) -> None:
        try:
            outcome = Outcome.model_validate_json(payload)
        except ValidationError:
            return
        answer = self._waiting.get(outcome.id)
        if answer and not answer.done():
            answer.set_result(outcome.outcome)
