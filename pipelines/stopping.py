"""End a pipeline for certain, whatever hangs in it."""

import asyncio

import structlog
from pipecat.frames.frames import CancelFrame
from pipecat.pipeline.worker import PipelineWorker

HARD_STOP_S = 1.5
# The runner takes the first cancellation for a request to end; what hangs may swallow more of them.
CANCELLATIONS = 4
CANCELLED_WITHIN_S = 0.25

# How long stopping a pipeline takes at the most.
LONGEST_STOP_S = HARD_STOP_S + CANCELLATIONS * CANCELLED_WITHIN_S

log = structlog.get_logger()


async def stop(worker: PipelineWorker, running: asyncio.Task[None]) -> None:
    """End the worker that `running` runs, or give it up: nobody has to wait for what hangs, such as a provider."""
    if not running.done():
        await worker.cancel()
        # An EndFrame on its way holds up the worker's own CancelFrame until all is said; this one overtakes it.
        await worker.pipeline.queue_frame(CancelFrame())
        await asyncio.wait({running}, timeout=HARD_STOP_S)
    for _ in range(CANCELLATIONS):
        running.cancel()
        await asyncio.wait({running}, timeout=CANCELLED_WITHIN_S)
    if not running.done():
        log.error("voice_pipeline_stuck")
