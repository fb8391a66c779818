"""A conversation that began in another process, as it is on record: what is known of it when it goes on in this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipecat.processors.aggregators.llm_context import LLMContextMessage

from pipelines.assistants.records import Assistant
from pipelines.conversations.records import Conversation, ConversationId, Past, Speaker, Turn


@dataclass(frozen=True, slots=True)
class Earlier:
    """The conversation, its turns in order, and the assistant as it was published when it began."""

    conversation: Conversation
    assistant: Assistant
    turns: Sequence[Turn]

    def messages(self) -> list[LLMContextMessage]:
        """What was said and heard, for the model: staff spoke in its place, and whispers were for one answer."""
        return [_message(turn) for turn in self.turns if not turn.whispered]

    def transcript(self) -> str:
        """The same as text, for a model that keeps the conversation itself."""
        return "\n".join(f"{turn.speaker.capitalize()}: {turn.text}" for turn in self.turns if not turn.whispered)

    @property
    def unheard(self) -> str:
        """What the assistant had ready when it was cut off, unless somebody has spoken since."""
        last = self._last
        return last.unheard if last and last.speaker is Speaker.ASSISTANT else ""

    @property
    def unanswered(self) -> bool:
        """Whether the caller had the last word."""
        return self._last is not None and self._last.speaker is Speaker.CALLER

    def past(self, now: datetime) -> Past:
        """How far it has come."""
        turns = self.turns[-1].position + 1 if self.turns else 0
        return Past(turns, max(0.0, (now - self.conversation.started_at).total_seconds()))

    @property
    def _last(self) -> Turn | None:
        spoken = [turn for turn in self.turns if not turn.whispered]
        return spoken[-1] if spoken else None


class EarlierReads(Protocol):
    """Where it is read."""

    async def earlier(self, conversation_id: ConversationId) -> Earlier | None:
        """What is on record of a conversation that has not ended; None without one."""


def _message(turn: Turn) -> LLMContextMessage:
    if turn.speaker is Speaker.CALLER:
        return {"role": "user", "content": turn.text}
    return {"role": "assistant", "content": turn.text}
