"""A conversation in writing: the grounding, model and guard of a spoken one, without ears and voice.

Tools that speak for themselves do so here, too; what others find does not come back to the model.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    FunctionCallsStartedFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from pipelines.answering import StoreAnswering
from pipelines.assistants.records import Assistant
from pipelines.processors.tool_results import ToolResults
from pipelines.prompts import opening, persona
from pipelines.stopping import stop

# The slowest answer there is: a cold model on a busy machine, and then its apology.
ANSWER_TIMEOUT_S = 90.0


class TypedConversation:
    """Takes turns in writing. Made by `typed`."""

    def __init__(self, context: LLMContext, worker: PipelineWorker, replies: "_Replies") -> None:
        self._context = context
        self._worker = worker
        self._replies = replies

    async def ask(self, text: str) -> str:
        """Say one thing, and return what would be spoken. Raises TimeoutError."""
        self._context.add_message(cast("LLMContextMessage", {"role": "user", "content": text}))
        await self._worker.queue_frame(LLMContextFrame(self._context))
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            said = await self._replies.take()
        self._context.add_message(cast("LLMContextMessage", {"role": "assistant", "content": said}))
        return said


@asynccontextmanager
async def typed(
    assistant: Assistant, answering: StoreAnswering, llm: FrameProcessor
) -> AsyncIterator[TypedConversation]:
    """Converse with `assistant` for the length of the block; nothing of it is kept."""
    tools = answering.tools()
    context = LLMContext(opening(persona(assistant)), tools=tools) if tools else LLMContext(opening(persona(assistant)))
    replies = _Replies()
    worker = PipelineWorker(
        Pipeline([answering.grounding(), llm, ToolResults(), answering.figures(), replies]),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        yield TypedConversation(context, worker, replies)
    finally:
        await stop(worker, running)


class _Replies(FrameProcessor):
    """Stands where the voice would, and hands over each reply when it is complete."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[str] = []
        # Of a model that has called a tool the answer is still to come.
        self._calling = False
        self._complete: asyncio.Queue[str] = asyncio.Queue(maxsize=1)

    async def take(self) -> str:
        """Wait for the next reply."""
        return await self._complete.get()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Collect what would be spoken; everything else passes."""
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame | AggregatedTextFrame):
            self._pieces.append(frame.text)
        elif isinstance(frame, FunctionCallsStartedFrame):
            self._calling = True
        elif isinstance(frame, LLMFullResponseEndFrame) and self._calling:
            self._calling = False
        elif isinstance(frame, LLMFullResponseEndFrame):
            await self._complete.put(" ".join(" ".join(self._pieces).split()))
            self._pieces.clear()
        else:
            await self.push_frame(frame, direction)
