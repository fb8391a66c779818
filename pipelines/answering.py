"""The steps of a conversation that depend on the store: what it knows, and what may be said about it."""

from collections.abc import Callable
from datetime import datetime

import structlog
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.assistants.records import Assistant
from pipelines.grounding.answers import Facts
from pipelines.grounding.grounder import Grounding
from pipelines.grounding.hours import status as hours_now
from pipelines.grounding.knowledge import Knowledge, KnowledgeUnavailable
from pipelines.processors.figures import FiguresGuard
from pipelines.processors.grounding import GroundingProcessor, OnAnswered
from pipelines.processors.reading_ahead import ReadingAhead
from pipelines.prompts import persona, whole_instructions
from pipelines.tools.desk import Call, Desk
from pipelines.tools.messages import Keeps
from pipelines.tools.toolbox import Toolbox
from pipelines.tools.webhooks import Webhooks

# More than fit into a model's instructions.
MAX_ENTRIES = 400

_log = structlog.get_logger()


class StoreAnswering:
    """Builds them for one conversation with one store's assistant.

    Without `inbox` and `call` it can do nothing but talk; without `webhooks` the store's own tools are missing.
    """

    def __init__(  # noqa: PLR0913 - all that a conversation depends on
        self,
        assistant: Assistant,
        knowledge: Knowledge,
        *,
        now: Callable[[], datetime],
        inbox: Keeps | None = None,
        call: Call | None = None,
        webhooks: Webhooks | None = None,
        on_answered: OnAnswered | None = None,
    ) -> None:
        self._assistant = assistant
        self._knowledge = knowledge
        self._now = now
        self._grounding = Grounding(assistant, knowledge, now=now)
        self._desk = self._toolbox = None
        if inbox and call:
            own = assistant.own_tools if webhooks else ()
            self._desk = Desk(self._grounding, inbox, call, may=assistant.tools, own=own, now=now)
            self._toolbox = Toolbox(assistant, self._grounding, self._desk, call, webhooks, now=now)
        self._on_answered = on_answered

    def tools(self) -> ToolsSchema | None:
        """What the model may call."""
        return self._toolbox.offered() if self._toolbox else None

    def turn_began(self) -> None:
        """The caller has said something new to a model that calls tools by itself."""
        if self._toolbox:
            self._toolbox.turn(Facts(), told="", caller="")

    def reading_ahead(self, context: LLMContext) -> FrameProcessor:
        """Let the model read what is known of the next question while the caller still asks it."""
        return ReadingAhead(self._desk or self._grounding, self._grounding, context)

    def grounding(self) -> FrameProcessor:
        """Answer from the store's own facts, or put them before the model's question."""
        return GroundingProcessor(
            self._grounding, desk=self._desk, toolbox=self._toolbox, on_answered=self._on_answered
        )

    def figures(self) -> FrameProcessor:
        """Keep invented figures out of what is spoken."""
        return FiguresGuard(self._grounding.evidence())

    async def instructions(self) -> str:
        """The rules, who it is, the opening hours and what the store knows."""
        here = self._assistant
        now = self._now().astimezone(here.time_zone)
        told = (
            f"{hours_now(here.hours, now)} {here.hours.told(now)}"
            if here.hours.known
            else "Opening hours are not known."
        )
        hours = f"It is {now:%A %-d %B %Y, %-I:%M %p}. {told}"
        try:
            entries = await self._knowledge.first(here.store_id, limit=MAX_ENTRIES)
        except KnowledgeUnavailable as error:
            _log.warning("knowledge_unavailable", reason=error.reason)
            entries = []
        facts = [f"{entry.title}: {entry.body}" for entry in entries]
        return whole_instructions(persona(here), [hours, *facts])
