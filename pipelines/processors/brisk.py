"""Hand frames on with little ceremony.

Around each frame that a processor takes or pushes, pipecat's base class words a line for a log that is off, makes a
note for observers, asks for handlers of four events and runs each in a coroutine of its own: as much work as most steps
here do themselves. These do the same without what nobody asks for. Services keep pipecat's own ways.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from pipecat.frames.frames import AudioRawFrame, CancelFrame, Frame, InterruptionFrame, StartFrame
from pipecat.observers.base_observer import FramePushed
from pipecat.processors.frame_processor import FrameCallback, FrameDirection, FrameProcessor
from pipecat.utils.errors import ErrorCategory

log = structlog.get_logger()


class Brisk(FrameProcessor):
    """Pushes frames to the neighbour; of pipecat's events there is `on_before_push_frame`.

    Observers are told of no audio, and nobody of who takes a frame (see `pipelines.observing`).
    """

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        """Give it to the next processor, or upstream to the previous one."""
        for told in self._event_handlers["on_before_push_frame"].handlers:
            await self._tell(told, frame)
        neighbour = self._next if direction is FrameDirection.DOWNSTREAM else self._prev
        if neighbour is None:
            return
        if not isinstance(frame, AudioRawFrame) and self._setup and (observer := self._setup.observer):
            await observer.on_push_frame(
                FramePushed(
                    source=self,
                    destination=neighbour,
                    frame=frame,
                    direction=direction,
                    timestamp=self.get_clock().get_time(),
                )
            )
        await neighbour.queue_frame(frame, direction)

    async def _tell(self, told: Callable[[FrameProcessor, Frame], Awaitable[None] | None], frame: Frame) -> None:
        try:
            if (telling := told(self, frame)) is not None:
                await telling
        except Exception as error:
            log.exception("listener_failed", processor=self.name, error=type(error).__name__)


class Step(Brisk):
    """Takes each frame from whoever pushes it, without a queue or a task in between: so it must never wait for long."""

    def __init__(self, **others: Any) -> None:  # noqa: ANN401 - what another of pipecat's, derived from as well, wants
        super().__init__(enable_direct_mode=True, **others)

    async def queue_frame(
        self,
        frame: Frame,
        direction: FrameDirection = FrameDirection.DOWNSTREAM,
        callback: FrameCallback | None = None,
    ) -> None:
        """Process it now. What goes wrong is pushed upstream as an error."""
        if isinstance(frame, StartFrame) or callback:
            await super().queue_frame(frame, direction, callback)
        elif not self._cancelling:
            try:
                await self.process_frame(frame, direction)
            except Exception as error:  # noqa: BLE001 - whatever it is, the conversation goes on
                await self.push_error(
                    f"{type(error).__name__} while processing {type(frame).__name__}",
                    exception=error,
                    category=ErrorCategory.UNKNOWN,
                )

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Follow the conversation's life; derive from it to do something."""
        if isinstance(frame, StartFrame | InterruptionFrame | CancelFrame):
            await super().process_frame(frame, direction)
