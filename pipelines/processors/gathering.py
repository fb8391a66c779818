"""Gather a voice's audio into larger pieces, so that each step behind it has less to do.

Services send 20 ms or so at a time, mostly a whole answer in one burst, which would also keep the loop to itself.
"""

import asyncio

from pipecat.frames.frames import CancelFrame, Frame, InterruptionFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection

from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.processors.brisk import Step

PIECE_S = 0.1
# A voice that is hardly faster than it is heard is not held up for longer.
PATIENCE_S = 0.02


class Gathering(Step):
    """Sits behind the voice. The first of what it says goes on at once; what follows, PIECE_S at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._speaking = False
        self._last: TTSAudioRawFrame | None = None
        self._held = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._impatient: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Gather audio; let everything else follow what came before it."""
        await super().process_frame(frame, direction)
        if direction is FrameDirection.UPSTREAM:
            await self.push_frame(frame, direction)
            return
        if isinstance(frame, TTSAudioRawFrame):
            await self._gather(frame)
            return
        if isinstance(frame, InterruptionFrame | CancelFrame):
            self._held.clear()
        await self._let_go()
        self._speaking = False
        await self.push_frame(frame, direction)

    async def cleanup(self) -> None:
        """Leave no task behind, however the pipeline ended."""
        self._stop_waiting()
        if self._impatient:
            await self.cancel_task(self._impatient)
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    async def _gather(self, frame: TTSAudioRawFrame) -> None:
        if self._last and not _alike(frame, self._last):
            await self._let_go()
        self._held += frame.audio
        self._last = frame
        if not self._speaking or len(self._held) >= PIECE_S * frame.sample_rate * BYTES_PER_SAMPLE:
            self._speaking = True
            await self._let_go()
            # A burst never waits for anything, and nobody else would get their turn.
            await asyncio.sleep(0)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._lose_patience)

    def _lose_patience(self) -> None:
        self._timer = None
        self._impatient = self.create_task(self._let_go())

    async def _let_go(self) -> None:
        self._stop_waiting()
        if self._held and self._last:
            audio, self._held = bytes(self._held), bytearray()
            last = self._last
            await self.push_frame(
                TTSAudioRawFrame(audio, last.sample_rate, last.num_channels, context_id=last.context_id)
            )

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _alike(one: TTSAudioRawFrame, other: TTSAudioRawFrame) -> bool:
    """Whether they can be one frame."""
    return (one.sample_rate, one.num_channels, one.context_id) == (
        other.sample_rate,
        other.num_channels,
        other.context_id,
    )
