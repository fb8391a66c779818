"""What was said: conversations, their turns, and who may read them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, NewType, Protocol
from uuid import UUID

from auth.http.pages import NEWEST, Cursor
from auth.principals import Asker, Kind, StoreId, UserId
from pipelines.conversations.tool_calls import ToolCall

ConversationId = NewType("ConversationId", UUID)

MAX_TEXT_CHARS = 10_000

# The upper bound of VOICE_WS_MAX_SECONDS: without an end on record after that, its process was killed.
LONGEST_CALL = timedelta(days=1)


class Speaker(StrEnum):
    """Whose turn it was."""

    CALLER = "caller"
    ASSISTANT = "assistant"
    STAFF = "staff"


class Direction(StrEnum):
    """Who called: somebody the store's assistant, or the assistant somebody."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How somebody came into a conversation, and who it was, as far as we know.

    `caller_number` is the telephone number at the other end (E.164), for the store's eyes only; `greeting` is said
    instead of the assistant's own.
    """

    channel: str
    user_id: UserId | None = None
    direction: Direction = Direction.INBOUND
    caller_number: str | None = None
    greeting: str | None = None


class AnsweredBy(StrEnum):
    """Where an answer came from: the store's own facts, word for word, or the language model."""

    GROUNDED = "grounded"
    MODEL = "model"


class Basis(StrEnum):
    """What an answer stood on.

    The store's own words are quoted for HOURS, PRICE and ENTRY; SMALL_TALK needs none, and UNKNOWN says so; TOOL is
    a step of something that the assistant does, such as taking a message. The model
    answered with FACTS of the store's before it, or with NOTHING.
    """

    HOURS = "hours"
    PRICE = "price"
    ENTRY = "entry"
    SMALL_TALK = "small_talk"
    UNKNOWN = "unknown"
    TOOL = "tool"
    FACTS = "facts"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the store's knowledge, by the title that it had when an answer stood on it."""

    entry_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Grounds:
    """What one answer stood on."""

    basis: Basis
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Latency:
    """When each stage of an answer was reached, in ms since the caller's speech ended; None if it never was."""

    endpoint_ms: int | None = None
    transcript_ms: int | None = None
    first_token_ms: int | None = None
    first_audio_ms: int | None = None
    on_wire_ms: int | None = None

    def by_stage(self) -> dict[str, int | None]:
        """The same, as clients see it: {"endpoint": 420, …}."""
        return {name.removesuffix("_ms"): ms for name, ms in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a recording, in ms from its beginning."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Which providers worked for a turn, and what they counted; None for what they did not do or tell."""

    stt: str | None = None
    speech_ms: int | None = None
    llm: str | None = None
    llm_model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    tts: str | None = None
    characters: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's turn: of the caller and of staff what was understood, of the assistant what was heard.

    `audio` is where it is in the recording, on the call's clock, whether or not there is one. `unheard` are the words
    that an interrupted assistant had ready. `latency`, `answered_by` and `grounds` are None unless the turn answers
    something that the caller said. `whispered`: staff told it to the assistant, and the caller neither heard nor sees
    it.
    """

    conversation_id: ConversationId
    position: int
    speaker: Speaker
    text: str
    started_at: datetime
    ended_at: datetime
    interrupted: bool = False
    answered_by: AnsweredBy | None = None
    latency: Latency | None = None
    grounds: Grounds | None = None
    audio: Span | None = None
    usage: Usage | None = None
    unheard: str = ""
    whispered: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """One call from start to end; the end is None while it is live, and what came of it until a moment after that.

    `assistant_version` is the number under which the assistant was published; None for a draft that its store tried.
    `fields` are what the store wants to know of each call; `fields_missing` says why none of them was found.
    What the store is called is known of conversations that are read.
    """

    id: ConversationId
    store_id: StoreId
    assistant_id: UUID
    user_id: UserId | None
    channel: str
    started_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None
    summary: str | None = None
    outcome: str | None = None
    assistant_version: int | None = None
    direction: Direction = Direction.INBOUND
    caller_number: str | None = None
    fields: Mapping[str, str | float | bool | None] | None = None
    fields_missing: str | None = None
    store_slug: str = ""
    store_name: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What is on record of a conversation already, by another process: so many turns, in so many seconds."""

    turns: int = 0
    lasted_s: float = 0.0


NOTHING_YET = Past()


@dataclass(frozen=True, slots=True)
class Ending:
    """How and when a conversation ended."""

    conversation_id: ConversationId
    ended_at: datetime
    end_reason: str


@dataclass
class ConversationNotFound(Exception):
    """There is none with this id, or none that the reader may see: both sound the same."""

    conversation_id: UUID | str


@dataclass
class ConversationLive(Exception):
    """It is still going on; whoever wants it deleted has to end it first."""

    conversation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which conversations; None for any. Both days count, in UTC."""

    words: str | None = None
    channel: str | None = None
    outcome: str | None = None
    since: date | None = None
    until: date | None = None


ANY = Sought()


class Reads(Protocol):
    """What the service asks of the database."""

    async def page(self, reader: Asker, *, before: Cursor, limit: int, sought: Sought) -> Sequence[Conversation]:
        """The reader's conversations behind `before`, newest first."""

    async def find(self, reader: Asker, conversation_id: ConversationId) -> Conversation | None:
        """One conversation of the reader's."""

    async def turns(self, conversation_id: ConversationId) -> Sequence[Turn]:
        """All turns in order."""

    async def tool_calls(self, conversation_id: ConversationId) -> Sequence[ToolCall]:
        """All calls of tools in order."""

    async def delete(self, conversation_id: ConversationId) -> None:
        """Delete a conversation with its turns."""

    async def erase(self, conversation_id: ConversationId) -> None:
        """Delete what was said and who said it."""


class Transcript(NamedTuple):
    """One conversation with all that was said and done in it."""

    conversation: Conversation
    turns: Sequence[Turn]
    tool_calls: Sequence[ToolCall]


class Deletes(Protocol):
    """What else there is of a conversation."""

    async def delete(self, conversation_id: ConversationId) -> None:
        """Delete it, if there is anything."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and where the next part begins (None at the end)."""

    conversations: Sequence[Conversation]
    next_before: Cursor | None


class Conversations:
    """Read conversations: a user their own, a store those with its assistant."""

    def __init__(self, queries: Reads) -> None:
        self._queries = queries

    async def page(self, reader: Asker, *, before: Cursor = NEWEST, limit: int, sought: Sought = ANY) -> Page:
        """Up to `limit` conversations, newest first, behind `before`."""
        # One more than asked for tells whether there is a next page.
        found = await self._queries.page(reader, before=before, limit=limit + 1, sought=sought)
        shown = found[:limit]
        return Page(shown, Cursor(shown[-1].started_at, shown[-1].id) if len(found) > limit else None)

    async def show(self, reader: Asker, conversation_id: ConversationId) -> Transcript:
        """One conversation, word for word. Raises ConversationNotFound."""
        conversation = await self.find(reader, conversation_id)
        turns = await self._queries.turns(conversation_id)
        if reader.kind is not Kind.STORE:
            turns = [turn for turn in turns if not turn.whispered]
        return Transcript(conversation, turns, await self._queries.tool_calls(conversation_id))

    async def find(self, reader: Asker, conversation_id: ConversationId) -> Conversation:
        """One conversation of the reader's. Raises ConversationNotFound."""
        conversation = await self._queries.find(reader, conversation_id)
        if conversation is None:
            raise ConversationNotFound(conversation_id)
        return conversation

    async def delete(
        self, reader: Asker, conversation_id: ConversationId, *, now: datetime, recordings: Deletes
    ) -> None:
        """Delete for good: a store the whole conversation, a user what was said and that it was they who said it.

        What a user leaves to the store is that somebody called, when and how. Raises ConversationNotFound or
        ConversationLive.
        """
        conversation = await self.find(reader, conversation_id)
        if conversation.ended_at is None and now - conversation.started_at < LONGEST_CALL:
            raise ConversationLive(conversation_id)
        # The file first: what fails after that can be repeated, for the row is still there.
        await recordings.delete(conversation_id)
        if reader.kind is Kind.STORE:
            await self._queries.delete(conversation_id)
        else:
            await self._queries.erase(conversation_id)
