"""One service in a pipeline of its own, and somebody who listens behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from pipecat.frames.frames import ErrorFrame, Frame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

RATE_HZ = 16_000
DEADLINE_S = 10.0

Enough = Callable[[Sequence[Frame]], bool]


class Listener(FrameProcessor):
    """Keeps what leaves a service downstream."""

    worker: PipelineWorker

    def __init__(self, enough: Enough) -> None:
        super().__init__()
        self.down: list[Frame] = []
        self.satisfied = asyncio.Event()
        self.errors: list[str] = []
        self.told = asyncio.Event()
        self._enough = enough

    def note(self, _worker: PipelineWorker, frame: ErrorFrame) -> None:
        """Keep an error; the block that listens fails with it unless it was expected and cleared."""
        self.errors.append(frame.error)
        self.told.set()

    def expect(self, enough: Enough) -> None:
        """Wait for something else from now on."""
        self._enough = enough
        self.satisfied.clear()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Note it and pass it on."""
        await super().process_frame(frame, direction)
        self.down.append(frame)
        if self._enough(self.down):
            self.satisfied.set()
        await self.push_frame(frame, direction)


@asynccontextmanager
async def listening(service: FrameProcessor, enough: Enough) -> AsyncIterator[Listener]:
    """Run a service, for DEADLINE_S at most, and listen behind it."""
    listener = Listener(enough)
    params = PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ)
    listener.worker = PipelineWorker(Pipeline([service, listener]), params=params, enable_rtvi=False)
    listener.worker.add_event_handler("on_pipeline_error", listener.note)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(listener.worker)
    running = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            yield listener
    finally:
        await listener.worker.cancel()
        await running
        assert not listener.errors, listener.errors


async def frames(service: FrameProcessor, sent: Sequence[Frame], enough: Enough) -> Sequence[Frame]:
    """Send frames to a service, wait until enough has left it downstream, and return that."""
    async with listening(service, enough) as listener:
        await listener.worker.queue_frames(list(sent))
        await listener.satisfied.wait()
        return listener.down
