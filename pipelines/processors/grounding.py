"""Answer from the store's own facts, or put them before the caller's words for the language model."""

from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import structlog
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.aggregators.llm_context import (
    LLMContext,
    LLMContextMessage,
    LLMSpecificMessage,
    standard_message_text,
)
from pipecat.processors.frame_processor import FrameDirection

from pipelines.grounding.answers import Answer, Facts, How, joined
from pipelines.grounding.grounder import Grounding
from pipelines.grounding.knowledge import KnowledgeUnavailable
from pipelines.processors.brisk import Brisk
from pipelines.processors.figures import GroundsFrame
from pipelines.processors.staff import WhisperedFrame
from pipelines.prompts import MAX_HISTORY, OPENING_MESSAGES, with_facts
from pipelines.tools.desk import Desk
from pipelines.tools.toolbox import Toolbox

AWAY = Facts(("The store's notes cannot be read right now, so nothing is known about prices, hours or products.",))

log = structlog.get_logger()


class GroundedContext(LLMContext):
    """A conversation whose last message holds the facts for a question, and the same for models that pick one.

    `store_facts`: all that the store knows, for a model that reads it beforehand. `whisper` is what staff wants said,
    `known` what would have been said without it, and `name` the assistant's.
    """

    found: Facts = Facts()
    store_facts: tuple[str, ...] = ()
    whisper: str = ""
    known: Answer | None = None
    name: str = ""


OnAnswered = Callable[[Answer | Facts], Awaitable[None]]


class GroundingProcessor(Brisk):
    """Sits before the language model, and answers in its place whenever the store's own words are enough.

    Otherwise the model gets a copy of the conversation in which the facts stand before the caller's last words;
    the conversation itself stays as it was said. Before every reply goes a GroundsFrame, for FiguresGuard and record.
    """

    def __init__(
        self,
        grounding: Grounding,
        *,
        desk: Desk | None = None,
        toolbox: Toolbox | None = None,
        on_answered: OnAnswered | None = None,
    ) -> None:
        super().__init__()
        self._grounding = grounding
        self._desk = desk
        self._toolbox = toolbox
        self._on_answered = on_answered

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take over each turn of the caller's; everything else passes."""
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame) and direction is FrameDirection.DOWNSTREAM:
            await self._reply(frame)
        else:
            await self.push_frame(frame, direction)

    async def _reply(self, frame: LLMContextFrame) -> None:
        messages = frame.context.messages
        question = _text_of("user", messages[-1:])
        found = await self._find(question, messages) if question else Facts()
        if self._on_answered:
            await self._on_answered(found)
        if isinstance(found, Answer) and found.how is How.TOOL and isinstance(frame, WhisperedFrame):
            # A step that has to be said as it is.
            frame.later(frame.whisper)
        elif isinstance(frame, WhisperedFrame):
            await self._follow(frame, question, found)
            return
        if isinstance(found, Answer):
            await self._say(found)
        else:
            await self._ask_model(frame, question, found)

    async def _follow(self, frame: WhisperedFrame, question: str, found: Answer | Facts) -> None:
        """Have the model follow it; its facts are what would have been quoted, and what the whisper is about."""
        known = found if isinstance(found, Answer) else None
        try:
            about = await self._grounding.peek(frame.whisper)
        except KnowledgeUnavailable:
            about = Facts()
        await self._ask_model(frame, question, joined([found, about]), whisper=frame.whisper, known=known)

    async def _find(self, question: str, messages: Sequence[LLMContextMessage]) -> Answer | Facts:
        try:
            if self._desk:
                told = [message for message in messages[OPENING_MESSAGES:] if _role(message) == "assistant"]
                return await self._desk.answer(question, told=_text_of("assistant", told[-1:]))
            return await self._grounding.answer(question)
        except KnowledgeUnavailable as error:
            log.warning("knowledge_unavailable", reason=error.reason)
            return AWAY

    async def _say(self, answer: Answer) -> None:
        await self.push_frame(GroundsFrame(None, answer))
        await self.push_frame(LLMFullResponseStartFrame())
        await self.push_frame(LLMTextFrame(answer.text))
        await self.push_frame(LLMFullResponseEndFrame())

    async def _ask_model(
        self, frame: LLMContextFrame, question: str, facts: Facts, *, whisper: str = "", known: Answer | None = None
    ) -> None:
        context: LLMContext = frame.context
        # The examples before the conversation are other stores' figures; what the model no longer reads is no ground.
        since = context.messages[OPENING_MESSAGES:][-MAX_HISTORY:]
        told, caller = f"{_text_of('assistant', since)}\n{whisper}", _text_of("user", since)
        if self._toolbox:
            self._toolbox.turn(facts, told=told, caller=caller)
        await self.push_frame(GroundsFrame(self._grounding.evidence(facts, told=told, caller=caller), facts))
        if question:
            asked = {"role": "user", "content": with_facts(question, facts.lines, whisper=whisper)}
            messages = [*context.messages[:-1], cast("LLMContextMessage", asked)]
            context = GroundedContext(messages, tools=context.tools, tool_choice=context.tool_choice)
            context.found, context.whisper, context.known = facts, whisper, known
            context.name = self._grounding.name
            context.store_facts = await self._grounding.store_facts()
        await self.push_frame(LLMContextFrame(context, speculation=frame.speculation))


def _text_of(role: str, messages: Sequence[LLMContextMessage]) -> str:
    """What one side said, a message a line."""
    return "\n".join(standard_message_text(message) for message in messages if _role(message) == role)


def _role(message: LLMContextMessage) -> str:
    return "" if isinstance(message, LLMSpecificMessage) else message["role"]
