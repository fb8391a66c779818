"""Answer with the language model that runs beside the server: it picks, and what it picked is said."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import openai
import structlog
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.adapters.llm.services.open_ai_adapter import OpenAILLMInvocationParams
from pipecat.frames.frames import CancelFrame, EndFrame, Frame
from pipecat.processors.aggregators.llm_context import (
    LLMContext,
    LLMContextMessage,
    LLMSpecificMessage,
    standard_message_text,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.errors import ErrorCategory

from pipelines.grounding.answers import Facts, How
from pipelines.processors.figures import GroundsFrame
from pipelines.processors.grounding import GroundedContext
from pipelines.processors.reading_ahead import ReadAheadFrame
from pipelines.prompts import MAX_HISTORY, OPENING_MESSAGES
from pipelines.providers.embedded import calling, picking
from pipelines.providers.embedded.llama import Lent, LlamaDown, LlamaProcess
from pipelines.providers.embedded.pieces import is_beginning, pieces
from pipelines.providers.embedded.relaying import relayed
from pipelines.providers.openai_llm import SharedClientLlm
from pipelines.tools.routing import concerning
from pipelines.tools.toolbox import OfferedTool
from pipelines.tools.webhooks import WebhookTool

MAX_TOKENS = 80

log = structlog.get_logger()


class EmbeddedLlm(SharedClientLlm):
    """One conversation's access to the shared model.

    The context begins with `prompts.opening`. An answer that fails or does not come in time is an error frame; an
    interruption closes the request, which frees the model for others.

    What a ReadAheadFrame brings is read at once, and the slot remembers it for the question. One reading at a time, the
    newest next. A question waits for the piece under way, which holds its slot.

    Once the model has learnt what the store knows, a question is read alone, without its facts.

    What it writes is no answer but a pick (`embedded/picking.py`), held to its form by a grammar. Of the tools in a
    context it is shown those of the store's that the question may concern, and calls them in a form of its own
    (`embedded/calling.py`). What results from a call is spoken as it is, so that no tool message comes here.
    """

    def __init__(self, llama: LlamaProcess) -> None:
        self._llama = llama
        self._grammar = ""
        self._lent = Lent(slot=0, opened=False)
        self._ahead: ReadAheadFrame | None = None
        self._read_last: list[LLMContextMessage] = []
        self._reading: asyncio.Task[None] | None = None
        super().__init__(
            # It knows the address of whichever process is running.
            llama.client,
            self.Settings(
                model=llama.model.name,
                system_instruction=picking.RULES,
                temperature=0.0,
                max_tokens=MAX_TOKENS,
            ),
        )

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Read ahead, or do as every language model does."""
        if isinstance(frame, ReadAheadFrame):
            self._read_ahead(frame)
        else:
            await super().process_frame(frame, direction)

    async def stop(self, frame: EndFrame) -> None:
        """Finish; nothing more will be asked."""
        await self._abandon()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Finish at once."""
        await self._abandon()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        """Leave no task behind, however the pipeline ended."""
        await self._abandon()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    def build_chat_completion_params(self, params_from_context: OpenAILLMInvocationParams) -> dict[str, Any]:
        """Hold the model to the form of a pick, in the slot that was lent."""
        params = super().build_chat_completion_params(params_from_context)
        return {**params, "extra_body": {"grammar": self._grammar, "id_slot": self._lent.slot}}

    async def get_chat_completions(self, context: LLMContext) -> AsyncStream[ChatCompletionChunk]:
        """Ask, with what was found for the question."""
        concerned = _concerned(context.messages, context.tools)
        found = context.found if isinstance(context, GroundedContext) else Facts()
        store_facts, learnt = _store_facts(context), self._lent.opened
        known = picking.fitting(store_facts) if learnt else ()
        answered = calling.asked_for(concerned, told=_told(context.messages), caller=_asked(context.messages))
        self._grammar = picking.grammar([*found.lines, *known], answered or concerned, called=bool(answered))
        read = picking.conversation(context.messages, concerned, store_facts, learnt=learnt)
        stream = await super().get_chat_completions(LLMContext(read))
        caller = _caller(context.messages)
        return cast("AsyncStream[ChatCompletionChunk]", self._spoken(stream, found, known, concerned, caller))

    async def _spoken(
        self,
        stream: AsyncIterator[ChatCompletionChunk],
        found: Facts,
        known: Sequence[str],
        tools: Sequence[WebhookTool],
        caller: str,
    ) -> AsyncIterator[ChatCompletionChunk]:
        """The same answer as it is said: small talk as it comes, a call as a call.

        A pick is said as soon as it can be no other.
        """
        written, said, talking, last = "", "", False, None
        async for chunk in stream:
            words = chunk.choices[0].delta.content if chunk.choices else None
            if not words:
                yield chunk
                continue
            written, last = written + words, chunk
            talk = written if talking else written.partition(picking.SAY)[2].lstrip()
            if talk:
                if not talking:
                    await self.push_frame(GroundsFrame(talk=True, more=True))
                yield calling.with_delta(chunk, ChoiceDelta(content=words if talking else talk))
                talking = True
            elif not said and (certain := picking.certain(written, found, known)):
                said = certain.text
                await self.push_frame(GroundsFrame(None, certain, more=True))
                # The blank ends the sentence for those who wait for its end.
                yield calling.with_delta(chunk, ChoiceDelta(content=f"{said} "))
        if talking or last is None:
            return
        if written.startswith(calling.CALL):
            yield calling.with_delta(last, calling.decide(written, tools, caller))
            return
        answer = picking.decide(written, found)
        if rest := answer.text.removeprefix(said).strip():
            await self.push_frame(GroundsFrame(None, answer, more=True))
            yield calling.with_delta(last, ChoiceDelta(content=rest))

    async def _process_context(self, context: LLMContext) -> None:
        try:
            if isinstance(context, GroundedContext) and context.whisper and await self._relay(context):
                return
            self._ahead = None
            if self._reading:
                await asyncio.wait({self._reading})
            if not self._llama.ready:
                raise LlamaDown
            opening = picking.opening(context.messages, _store_facts(context))
            with self._llama.at_work():
                async with self._llama.lend(self, opening) as self._lent:
                    await super()._process_context(context)
        except (LlamaDown, openai.APIError) as e:
            # Whatever it was, the next question may fare better: the service stays usable.
            await self.push_error("The language model did not answer", exception=e, category=ErrorCategory.SERVER)

    async def _relay(self, context: GroundedContext) -> bool:
        """Say what staff has whispered, after what is known to the question; False if it is nothing one can say."""
        said = relayed(context.whisper, name=context.name)
        if said is None:
            return False
        known = context.known.text if context.known and context.known.how is not How.UNKNOWN else ""
        # Staff's words need no other ground.
        await self.push_frame(GroundsFrame(None, context.found, more=True))
        await self._push_llm_text(f"{known} {said}".strip())
        return True

    def _read_ahead(self, frame: ReadAheadFrame) -> None:
        self._ahead = frame
        if self._reading is None or self._reading.done():
            self._reading = self.create_task(self._read())

    async def _read(self) -> None:
        while (ahead := self._ahead) and self._llama.ready:
            opening = picking.opening(ahead.messages, ahead.store_facts)
            try:
                async with self._llama.lend(self, opening) as self._lent:
                    await self._read_in_pieces(ahead)
            except LlamaDown as e:
                log.debug("reading_ahead_failed", reason=str(e))
            if self._ahead is ahead:
                self._ahead = None

    async def _read_in_pieces(self, ahead: ReadAheadFrame) -> None:
        concerned = _concerned(ahead.messages, ahead.tools)
        read = picking.conversation(ahead.messages, concerned, ahead.store_facts, learnt=self._lent.opened)
        for piece in pieces(read):
            if is_beginning(piece, self._read_last):
                continue
            if self._ahead is not ahead or not self._llama.idle:
                # It is known better by now, or somebody else is waiting for an answer: a guess must not slow them down.
                return
            try:
                with self._llama.at_work():
                    await self.run_inference(LLMContext(piece), max_tokens=1)
                self._read_last = piece
            except openai.APIError as e:
                # The question will be answered all the same, or complain itself.
                log.debug("reading_ahead_failed", reason=str(e))

    async def _abandon(self) -> None:
        self._ahead = None
        if self._reading:
            await self.cancel_task(self._reading)
            self._reading = None


def _store_facts(context: LLMContext) -> tuple[str, ...]:
    return context.store_facts if isinstance(context, GroundedContext) else ()


def _concerned(messages: Sequence[LLMContextMessage], tools: object) -> list[WebhookTool]:
    """The tools of the store's own that the last question may concern."""
    given = tools.standard_tools if isinstance(tools, ToolsSchema) else []
    own = [each.tool for each in given if isinstance(each, OfferedTool)]
    return concerning(own, _asked(messages), told=_told(messages))


def _asked(messages: Sequence[LLMContextMessage]) -> str:
    """The caller's last words."""
    return standard_message_text(messages[-1]).rpartition("\nCaller: ")[2] if messages else ""


def _told(messages: Sequence[LLMContextMessage]) -> str:
    """The assistant's last words."""
    told = [standard_message_text(message) for message in messages if _role(message) == "assistant"]
    return told[-1] if told else ""


def _caller(messages: Sequence[LLMContextMessage]) -> str:
    """What the caller has said lately, the examples before the conversation left out."""
    said = messages[OPENING_MESSAGES:][-MAX_HISTORY:]
    asked = [standard_message_text(message) for message in said if _role(message) == "user"]
    return "\n".join(text.rpartition("\nCaller: ")[2] for text in asked)


def _role(message: LLMContextMessage) -> object:
    return "" if isinstance(message, LLMSpecificMessage) else message["role"]
