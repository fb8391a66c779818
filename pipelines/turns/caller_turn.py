"""The last processor that listens to the caller."""

from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.processors.aggregators.llm_response_universal import LLMUserAggregator
from pipecat.processors.frame_processor import FrameDirection

from pipelines.processors.brisk import Brisk


class CallerTurn(Brisk, LLMUserAggregator):
    """pipecat's, but audio ends here: each of those behind it would take and pass every piece for nothing."""

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        """Push everything else."""
        if not isinstance(frame, InputAudioRawFrame):
            await super().push_frame(frame, direction)
