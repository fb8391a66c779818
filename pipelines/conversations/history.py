"""…/conversations, …/{id} and …/{id}/recording, on both hosts: whoever asks sees and deletes their own."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self
from uuid import UUID

from aiohttp import web
from pydantic import JsonValue

from auth.http.asking import asker_of
from auth.http.operations import Answer, answered, asks, gives, path_id, refuses
from pipelines.conversations.playback import played
from pipelines.conversations.recordings import NoRecording, Recordings, RecordingsAway
from pipelines.conversations.records import (
    AnsweredBy,
    Basis,
    Conversation,
    ConversationId,
    ConversationLive,
    ConversationNotFound,
    Conversations,
    Direction,
    Speaker,
    Transcript,
    Turn,
)
from pipelines.conversations.search import ConversationSearch
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome


class ConversationShown(Answer):
    """One conversation; `ended_at` and `end_reason` are null while it is live.

    `summary` and `outcome` are what came of it: null until a moment after its end. Users read "You said …" where stores
    read "The caller said …". Null as long are, for the store alone, the `fields` of its assistant; `fields_missing`
    says why all are null: `no_model`, `model_failed` or `nothing_said`.
    `assistant_version` is null for a draft that the store tried. `caller_number` is the number at the other end of a
    telephone call, E.164; null for every other call, and when it was withheld.
    """

    id: UUID
    store_id: UUID
    store_slug: str
    store_name: str
    assistant_id: UUID
    assistant_version: int | None
    user_id: UUID | None
    channel: str
    direction: Direction
    caller_number: str | None
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    summary: str | None
    outcome: str | None
    fields: dict[str, str | float | bool | None] | None
    fields_missing: str | None

    @classmethod
    def of(cls, conversation: Conversation) -> "ConversationShown":
        """What is shown of a conversation."""
        return ConversationShown(**_fields(conversation))


class SourceShown(Answer):
    """An entry of the store's knowledge, by the title that it had then; it may have changed or gone since."""

    entry_id: UUID
    title: str


class UsageShown(Answer):
    """Which providers worked for a turn, by the names of the settings, and what they counted; null: nothing."""

    stt: str | None
    speech_ms: int | None
    llm: str | None
    llm_model: str | None
    input_tokens: int | None
    output_tokens: int | None
    tts: str | None
    characters: int | None


class TurnShown(Answer):
    """What was understood of the caller or of the store's staff, or heard of the assistant.

    `unheard` is what it had ready when interrupted. `whispered`: staff told it to the assistant; the caller neither
    heard it nor sees it here.
    `audio_start_ms` and `audio_end_ms` say where it is in the recording; null for what was typed.
    `latency_ms` counts, for each stage of an answer, from the end of the caller's speech. `basis` says what an answer
    stood on, and `sources` which entries: quoted, or put before the language model (`facts`; `nothing` if none were).
    """

    position: int
    speaker: Speaker
    text: str
    started_at: datetime
    ended_at: datetime
    interrupted: bool
    whispered: bool
    answered_by: AnsweredBy | None
    latency_ms: dict[str, int | None] | None
    basis: Basis | None
    sources: list[SourceShown]
    audio_start_ms: int | None
    audio_end_ms: int | None
    usage: UsageShown | None
    unheard: str

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """What is shown of a turn."""
        return cls(
            position=turn.position,
            speaker=turn.speaker,
            text=turn.text,
            started_at=turn.started_at,
            ended_at=turn.ended_at,
            interrupted=turn.interrupted,
            whispered=turn.whispered,
            answered_by=turn.answered_by,
            latency_ms=turn.latency.by_stage() if turn.latency else None,
            basis=turn.grounds.basis if turn.grounds else None,
            sources=[
                SourceShown(entry_id=source.entry_id, title=source.title)
                for source in (turn.grounds.sources if turn.grounds else ())
            ],
            audio_start_ms=turn.audio.start_ms if turn.audio else None,
            audio_end_ms=turn.audio.end_ms if turn.audio else None,
            usage=UsageShown(**asdict(turn.usage)) if turn.usage else None,
            unheard=turn.unheard,
        )


class ToolCallShown(Answer):
    """What the assistant did with a tool. `answer` is what came of it, or what went wrong."""

    name: str
    arguments: dict[str, JsonValue]
    answer: str
    outcome: ToolOutcome
    started_at: datetime
    duration_ms: int

    @classmethod
    def of(cls, call: ToolCall) -> Self:
        """What is shown of a call."""
        return cls(**{name: getattr(call, name) for name in cls.model_fields})


class ConversationWithTurns(ConversationShown):
    """One conversation, word for word, and what the assistant did with its tools."""

    turns: list[TurnShown]
    tool_calls: list[ToolCallShown]

    @classmethod
    def told(cls, transcript: Transcript) -> Self:
        """What is shown of a conversation."""
        return cls(
            **_fields(transcript.conversation),
            turns=[TurnShown.of(turn) for turn in transcript.turns],
            tool_calls=[ToolCallShown.of(call) for call in transcript.tool_calls],
        )


class ConversationPage(Answer):
    """A part of the list, newest first; `next_before` is null at its end."""

    conversations: list[ConversationShown]
    next_before: str | None


class History:
    """The handlers; errors raised here and below become answers at the edge."""

    def __init__(self, conversations: Conversations, recordings: Recordings, *, now: Callable[[], datetime]) -> None:
        self._conversations = conversations
        self._recordings = recordings
        self._now = now

    @asks(ConversationSearch)
    @gives(ConversationPage)
    async def search(self, request: web.Request, wanted: ConversationSearch) -> web.Response:
        """List or search one's own conversations, newest first."""
        page = await self._conversations.page(
            asker_of(request), before=wanted.cursor, limit=wanted.limit, sought=wanted.sought
        )
        return answered(
            ConversationPage(
                conversations=[ConversationShown.of(conversation) for conversation in page.conversations],
                next_before=str(page.next_before) if page.next_before else None,
            )
        )

    @gives(ConversationWithTurns)
    @refuses(ConversationNotFound)
    async def show(self, request: web.Request) -> web.Response:
        """Show one conversation with its turns."""
        conversation_id = ConversationId(path_id(request, ConversationNotFound))
        transcript = await self._conversations.show(asker_of(request), conversation_id)
        return answered(ConversationWithTurns.told(transcript))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ConversationNotFound, ConversationLive, RecordingsAway)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete a conversation that is over, with its recording, for good.

        A store deletes all of it. A user deletes what was said, the recording and who it was; the store keeps that
        there was a call, when, and how it ended, and the messages that it was left.
        """
        conversation_id = ConversationId(path_id(request, ConversationNotFound))
        await self._conversations.delete(
            asker_of(request), conversation_id, now=self._now(), recordings=self._recordings
        )
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(media="audio/ogg")
    @refuses(ConversationNotFound, NoRecording, RecordingsAway)
    async def recording(self, request: web.Request) -> web.StreamResponse:
        """Listen to a conversation that was recorded: Opus in Ogg, the caller on the left.

        Ranges (RFC 9110, section 14) are answered.
        """
        conversation_id = ConversationId(path_id(request, ConversationNotFound))
        await self._conversations.find(asker_of(request), conversation_id)
        return await played(request, await self._recordings.find(conversation_id))


def _fields(conversation: Conversation) -> dict[str, Any]:
    return {name: getattr(conversation, name) for name in ConversationShown.model_fields}
