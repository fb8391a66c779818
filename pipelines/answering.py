"""The steps of a conversation that depend on the store: what it knows, and what may be said about it."""

from collections.abc import Callable
from datetime import datetime

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.assistants import Assistant
from pipelines.grounding.grounder import Grounding
from pipelines.grounding.knowledge import Knowledge
from pipelines.processors.figures import FiguresGuard
from pipelines.processors.grounding import GroundingProcessor, OnAnswered
from pipelines.processors.reading_ahead import ReadingAhead


class StoreAnswering:
    """Builds them for one conversation with one store's assistant."""

    def __init__(
        self,
        assistant: Assistant,
        knowledge: Knowledge,
        *,
        now: Callable[[], datetime],
        on_answered: OnAnswered | None = None,
    ) -> None:
        self._grounding = Grounding(assistant, knowledge, now=now)
        self._on_answered = on_answered

    def reading_ahead(self, context: LLMContext) -> FrameProcessor:
        """Let the model read what is known of the next question while the caller still asks it."""
        return ReadingAhead(self._grounding, context)

    def grounding(self) -> FrameProcessor:
        """Answer from the store's own facts, or put them before the model's question."""
        return GroundingProcessor(self._grounding, on_answered=self._on_answered)

    def figures(self) -> FrameProcessor:
        """Keep invented figures out of what is spoken."""
        return FiguresGuard(self._grounding.evidence())
