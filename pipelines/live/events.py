"""What a store is told of its conversations while they go on."""

from typing import Literal
from uuid import UUID

from pydantic import RootModel

from auth.http.operations import Answer
from pipelines.conversations.history import ToolCallShown, TurnShown
from pipelines.conversations.records import AnsweredBy
from pipelines.live.shown import LiveConversation


class Listed(Answer):
    """All conversations that go on: first of all, after each change, and every 15 seconds."""

    type: Literal["conversations"] = "conversations"
    conversations: list[LiveConversation]


class ConversationStarted(Answer):
    """A conversation is on record; the list with it follows."""

    type: Literal["started"] = "started"
    conversation_id: UUID


class CallerSaid(Answer):
    """What is recognised of the caller's turn: all of it so far, or `final`ly a part of it."""

    type: Literal["caller"] = "caller"
    conversation_id: UUID
    text: str
    final: bool


class AssistantSays(Answer):
    """The words that the assistant begins to say now: a clause or a sentence."""

    type: Literal["assistant"] = "assistant"
    conversation_id: UUID
    text: str


class AnswerTimed(Answer):
    """The first sound of an answer is on its way: when each stage was reached, since the caller's speech ended."""

    type: Literal["latency"] = "latency"
    conversation_id: UUID
    answered_by: AnsweredBy | None
    latency_ms: dict[str, int | None]


class TurnEnded(Answer):
    """A turn as it went on record, tools and sources included: it replaces the words told of it before."""

    type: Literal["turn"] = "turn"
    conversation_id: UUID
    turn: TurnShown


class ToolUsed(Answer):
    """What the assistant did with a tool."""

    type: Literal["tool"] = "tool"
    conversation_id: UUID
    call: ToolCallShown


class FloorChanged(Answer):
    """Somebody of the store begins to speak in the assistant's place, or does so no more; the list follows."""

    type: Literal["floor"] = "floor"
    conversation_id: UUID
    taken_over: bool


class ConversationEnded(Answer):
    """A conversation is over; the list without it follows."""

    type: Literal["ended"] = "ended"
    conversation_id: UUID
    end_reason: str


class Closing(Answer):
    """The last event of a stream; ask again, with a newer access token where that has expired.

    `too_slow`: more happened than was read.
    """

    type: Literal["closing"] = "closing"
    reason: Literal["token_expired", "signed_out", "shutting_down", "too_slow"]


Told = (
    ConversationStarted
    | CallerSaid
    | AssistantSays
    | AnswerTimed
    | TurnEnded
    | ToolUsed
    | FloorChanged
    | ConversationEnded
)


class LiveEvent(RootModel[Listed | Told | Closing]):
    """The data of one event; its `type` is the event's name, too."""
