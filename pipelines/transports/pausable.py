"""Hold back what the assistant is saying, without losing it, until it is clear whether the caller wants to speak.

Every door's output derives from PausableOutput. Whoever decides sends PauseOutputFrame, and then either
ResumeOutputFrame, after which the assistant goes on where it stopped, or pipecat's InterruptionFrame, after which
the rest is gone.
"""

import asyncio
from dataclasses import dataclass

import structlog
from pipecat.frames.frames import CancelFrame, EndFrame, Frame, InterruptionFrame, OutputAudioRawFrame, SystemFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

# Nobody holds it for so long; a client that sends no more audio while it is held leaves it undecided.
LONGEST_PAUSE_S = 2.0

log = structlog.get_logger()


@dataclass
class PauseOutputFrame(SystemFrame):
    """Stop the sound at once, and keep what was not heard."""


@dataclass
class ResumeOutputFrame(SystemFrame):
    """Go on where the sound stopped."""


class Gate:
    """What is about to leave passes here, chunk by chunk."""

    def __init__(self, *, longest_s: float = LONGEST_PAUSE_S) -> None:
        self._longest_s = longest_s
        self._open = asyncio.Event()
        self._open.set()
        self._drops = 0

    def close(self) -> None:
        """Hold back whatever comes."""
        self._open.clear()

    def open(self) -> None:
        """Let everything pass."""
        self._open.set()

    def drop(self) -> None:
        """Open, but what waits now may not leave any more."""
        self._drops += 1
        self._open.set()

    async def passed(self) -> bool:
        """Wait while the gate is closed; False when what waited was dropped meanwhile."""
        if self._open.is_set():
            return True
        drops = self._drops
        try:
            async with asyncio.timeout(self._longest_s):
                await self._open.wait()
        except TimeoutError:
            log.warning("output_pause_undecided", after_s=self._longest_s)
            self._open.set()
        return drops == self._drops


class PausableOutput(BaseOutputTransport):
    """An output that can be paused. An output that writes by itself asks `self.gate.passed()` before each chunk."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self.gate = Gate()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Follow who decides."""
        match frame:
            case PauseOutputFrame():
                self.gate.close()
            case ResumeOutputFrame() | EndFrame() | CancelFrame():
                # An end waits until all is said.
                self.gate.open()
            case _:
                pass
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            # Only now is the queue behind the gate empty.
            self.gate.drop()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Send a chunk once the gate is open; False when it was dropped."""
        return await self.gate.passed() and await super().write_audio_frame(frame)
