"""Pipecat's worker, whose observers are told what is said and done, and not of each piece of audio or word.

It would make a note of every frame that any processor pushes or takes, for each observer, and put it through a queue:
a fifth of what a conversation costs. None of the observers here looks at audio or at a model's single words: RTVI's,
which tells clients what is spoken, and the one that knows idleness.
"""

from typing import Any

from pipecat.frames.frames import AudioRawFrame, LLMTextFrame
from pipecat.observers.base_observer import FrameProcessed, FramePushed
from pipecat.pipeline.base_pipeline import BasePipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.pipeline.worker_observer import WorkerObserver


class WhatIsSaid(WorkerObserver):
    """Tells all observers of the frames that are pushed, but of no audio and no word of a model's."""

    async def on_push_frame(self, data: FramePushed) -> None:
        """Tell of everything else."""
        if not isinstance(data.frame, AudioRawFrame | LLMTextFrame):
            await super().on_push_frame(data)

    async def on_process_frame(self, data: FrameProcessed) -> None:
        """Nobody asks who takes a frame."""


class Worker(PipelineWorker):
    """Takes the options of pipecat's."""

    def __init__(self, pipeline: BasePipeline, **options: Any) -> None:  # noqa: ANN401 - pipecat's own, whatever they are
        super().__init__(pipeline, **options)
        # There is no public way to those that the options ask for.
        self._observer = WhatIsSaid(observers=self._observer._observers)  # noqa: SLF001
