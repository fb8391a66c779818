"""When an answer that never came is apologised for, and when it is not."""

import asyncio

import pytest
from pipecat.frames.frames import (
    Frame,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.processors.filling import APOLOGY, Filling


class Silent(FrameProcessor):
    """A model that ends its answer without a word: by itself, after calling a tool, or once it is interrupted."""

    def __init__(self, *, calls: bool = False, hangs: bool = False) -> None:
        super().__init__()
        self._calls = calls
        self._hangs = hangs

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        try:
            if self._calls:
                await self.push_frame(FunctionCallsStartedFrame(function_calls=[]))
            if self._hangs:
                await asyncio.sleep(3600)
        finally:
            await self.push_frame(LLMFullResponseEndFrame())
            # So long the end is ahead of the interruption, which goes on when this is over.
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("model", "apologises"), [(Silent(), True), (Silent(calls=True), False), (Silent(hangs=True), False)]
)
async def test_only_a_failure_is_apologised_for(model: Silent, *, apologises: bool) -> None:
    """Who called a tool answers later; who was interrupted was not to answer any more."""
    filling = Filling(lambda text: b"\0\0" * 320 if text == APOLOGY else None, model)
    down, _ = await run_test(
        Pipeline([model, filling]),
        frames_to_send=[LLMContextFrame(LLMContext()), SleepFrame(0.2), InterruptionFrame(), SleepFrame(0.2)],
    )
    assert (APOLOGY in [frame.text for frame in down if isinstance(frame, TTSTextFrame)]) is apologises
