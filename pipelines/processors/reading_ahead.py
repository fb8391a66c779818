"""Let the language model read while the caller still speaks, so that little is left to read when they have finished."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Protocol, cast

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    CancelFrame,
    DataFrame,
    EndFrame,
    Frame,
    InterimTranscriptionFrame,
    LLMContextAssistantTurnFrame,
    StartFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.processors.frame_processor import FrameDirection

from pipelines.grounding.answers import Answer, Facts
from pipelines.grounding.knowledge import KnowledgeUnavailable
from pipelines.grounding.spoken import tokens
from pipelines.processors.brisk import Step
from pipelines.prompts import with_facts


@dataclass
class ReadAheadFrame(DataFrame):
    """A conversation whose last message is only begun. A model whose server remembers what it has read reads it.

    `store_facts`: all that the store knows. To all other models it says nothing, and passes.
    """

    messages: list[LLMContextMessage] = field(default_factory=list)
    tools: ToolsSchema | None = None
    store_facts: tuple[str, ...] = ()


class Peeks(Protocol):
    """Who answers the caller; see `pipelines.grounding.grounder.Grounding`."""

    async def peek(self, text: str) -> Answer | Facts:
        """What would be answered if these words were the turn. Raises KnowledgeUnavailable."""


class Knows(Protocol):
    """What the store knows."""

    async def store_facts(self) -> tuple[str, ...]:
        """An entry a line, the most important first."""


class ReadingAhead(Step):
    """Sits behind the ear, and tells the model's service what the next question will probably begin with.

    That is the conversation so far, whenever it has grown; and once words are heard, the facts that they call for
    and the words. Only words that were heard twice alike count, because the end of what is heard so far is mostly
    half a word. Nothing is read of a question that the store's own words answer.
    """

    def __init__(self, grounding: Peeks, store: Knows, context: LLMContext) -> None:
        super().__init__()
        self._grounding = grounding
        self._store = store
        self._context = context
        # What was said of this turn before the caller's last pause.
        self._said: list[str] = []
        self._guess: list[str] = []
        self._looking: asyncio.Task[None] | None = None
        self._read: list[LLMContextMessage] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass every frame, and look ahead after those from which more is known."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        match frame:
            case StartFrame() | LLMContextAssistantTurnFrame() | VADUserStartedSpeakingFrame():
                await self._look(" ".join(self._said))
            case InterimTranscriptionFrame():
                guess, before = frame.text.split(), self._guess
                self._guess = guess
                if sure := _agreed(before, guess):
                    await self._look(" ".join([*self._said, *sure]))
            case TranscriptionFrame():
                # From here on the question itself is on its way.
                self._said.append(frame.text)
                self._guess = []
                await self._stop_looking()
            case UserStoppedSpeakingFrame():
                self._said.clear()
            case EndFrame() | CancelFrame():
                await self._stop_looking()
            case _:
                pass

    async def cleanup(self) -> None:
        """Leave no task behind, however the pipeline ended."""
        await self._stop_looking()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    async def _look(self, heard: str) -> None:
        """Look ahead in a task of its own: what the caller says meanwhile does not wait for the database."""
        await self._stop_looking()
        self._looking = self.create_task(self._look_ahead(heard))

    async def _stop_looking(self) -> None:
        if self._looking:
            await self.cancel_task(self._looking)
            self._looking = None

    async def _look_ahead(self, heard: str) -> None:
        try:
            found = await self._grounding.peek(heard) if heard else Facts()
        except KnowledgeUnavailable:
            # Whoever needs the knowledge will say so.
            return
        if isinstance(found, Answer):
            return
        messages = self._begun(heard, found.lines)
        if messages != self._read:
            self._read = messages
            tools = self._context.tools if isinstance(self._context.tools, ToolsSchema) else None
            await self.push_frame(ReadAheadFrame(messages, tools, await self._store.store_facts()))

    def _begun(self, question: str, facts: Sequence[str]) -> list[LLMContextMessage]:
        asked = {"role": "user", "content": with_facts(question, facts)}
        return [*self._context.messages, cast("LLMContextMessage", asked)]


def _agreed(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """The words with which two guesses begin alike; a guess that ends in "cat." may go on with "cat and"."""
    pairs = zip(before, now, strict=False)
    return [word for _, word in takewhile(lambda pair: tokens(pair[0]) == tokens(pair[1]), pairs)]
