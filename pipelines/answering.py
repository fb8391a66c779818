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
from pipelines.tools.desk import BUILT_IN, Call, Desk
from pipelines.tools.messages import Keeps


class StoreAnswering:
    """Builds them for one conversation with one store's assistant.

    Without `inbox` and `call` it can do nothing but talk.
    """

    def __init__(  # noqa: PLR0913 - all that a conversation depends on
        self,
        assistant: Assistant,
        knowledge: Knowledge,
        *,
        now: Callable[[], datetime],
        inbox: Keeps | None = None,
        call: Call | None = None,
        on_answered: OnAnswered | None = None,
    ) -> None:
        self._grounding = Grounding(assistant, knowledge, now=now)
        self._desk = Desk(self._grounding, inbox, call, may=BUILT_IN, now=now) if inbox and call else None
        self._on_answered = on_answered

    def reading_ahead(self, context: LLMContext) -> FrameProcessor:
        """Let the model read what is known of the next question while the caller still asks it."""
        return ReadingAhead(self._desk or self._grounding, context)

    def grounding(self) -> FrameProcessor:
        """Answer from the store's own facts, or put them before the model's question."""
        return GroundingProcessor(self._grounding, desk=self._desk, on_answered=self._on_answered)

    def figures(self) -> FrameProcessor:
        """Keep invented figures out of what is spoken."""
        return FiguresGuard(self._grounding.evidence())
