"""Say in a few lines what came of a call, by rules: nothing in it that was not said."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pipelines.after.fields import Extracts, FieldWanted, Filled
from pipelines.conversations.records import ConversationId, Speaker, Turn

MAX_QUESTIONS = 5
MAX_QUESTION_CHARS = 160
# What a summary begins with.
CALLER = "The caller"


class Outcome(StrEnum):
    """What came of a call."""

    # The caller said nothing that was understood.
    NOTHING_SAID = "nothing_said"
    # Everything that the caller said got an answer, if an honest "I don't know".
    ANSWERED = "answered"
    # The caller was the last to speak.
    UNANSWERED = "unanswered"
    # The caller had it deleted afterwards.
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a store reads first; `text` has at most a few hundred characters."""

    text: str
    outcome: Outcome


ERASED = Summary(f"{CALLER} has deleted what was said.", Outcome.ERASED)


class Reads(Protocol):
    """What is read and written of conversations."""

    async def turns(self, conversation_id: ConversationId) -> Sequence[Turn]:
        """All turns in order."""

    async def fields_wanted(self, conversation_id: ConversationId) -> Sequence[FieldWanted]:
        """What the store wants to know of it."""

    async def keep_summary(self, conversation_id: ConversationId, summary: Summary, fields: Filled | None) -> None:
        """Write it down, once."""


class Summaries:
    """The job."""

    def __init__(self, conversations: Reads, extractor: Extracts) -> None:
        self._conversations = conversations
        self._extractor = extractor

    async def write(self, conversation_id: ConversationId) -> None:
        """Summarise a conversation that is over; one that was deleted meanwhile stays so."""
        turns = await self._conversations.turns(conversation_id)
        # Callers read it, too.
        spoken = [turn for turn in turns if not turn.whispered]
        wanted = await self._conversations.fields_wanted(conversation_id)
        fields = await self._extractor.filled(wanted, spoken) if wanted else None
        await self._conversations.keep_summary(conversation_id, summarised(spoken), fields)


def summarised(turns: Sequence[Turn]) -> Summary:
    """The caller's words, shortened."""
    questions = [turn for turn in turns if turn.speaker is Speaker.CALLER]
    if not questions:
        return Summary(f"{CALLER} said nothing that was understood.", Outcome.NOTHING_SAID)
    asked = "; ".join(f"“{_shortened(turn.text)}”" for turn in questions[:MAX_QUESTIONS])
    more = f" and {len(questions) - MAX_QUESTIONS} more" if len(questions) > MAX_QUESTIONS else ""
    outcome = Outcome.UNANSWERED if turns[-1].speaker is Speaker.CALLER else Outcome.ANSWERED
    return Summary(f"{CALLER} said {asked}{more}.", outcome)


def told_to_caller(text: str) -> str:
    """A summary's text as its own caller reads it."""
    return f"You{text.removeprefix(CALLER)}" if text.startswith(CALLER) else text


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= MAX_QUESTION_CHARS else words[: MAX_QUESTION_CHARS - 1].rstrip() + "…"
