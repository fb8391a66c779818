"""Hold back what the assistant is saying, without losing it, until it is clear whether the caller wants to speak.

Every door's output derives from PausableOutput. Whoever decides sends PauseOutputFrame, and then either
ResumeOutputFrame, after which the assistant goes on a little before where it stopped, or pipecat's InterruptionFrame,
after which the rest is gone.

Clients are told nothing of a pause. RTVI has no word for it: bot-stopped-speaking would have the official clients show
that it is their user's turn, mostly for a fraction of a second.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass

import numpy as np
import structlog
from pipecat.frames.frames import (
    BotSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    OutputAudioRawFrame,
    SystemFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

# Nobody holds it for so long; a client that sends no more audio while it is held leaves it undecided.
LONGEST_PAUSE_S = 2.0
# After a pause that much is said again, in chunks of 20 ms, so that no word begins in its middle: 200 ms, and up to
# 200 more to begin where it was quietest.
AGAIN_MIN, AGAIN_MAX = 10, 20
# Chunks leave every 20 ms; who has sent none for so long was not speaking when the pause began.
SPEAKING_S = 0.2

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

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self._open.is_set()

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


class Sent:
    """The last chunks that were sent (16-bit LE mono). Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque(maxlen=AGAIN_MAX)
        self._last_s = 0.0

    def add(self, pcm: bytes, *, at_s: float) -> None:
        """Note what is sent now."""
        self.forget_older(at_s=at_s)
        self._chunks.append(pcm)
        self._last_s = at_s

    def forget_older(self, *, at_s: float) -> None:
        """Forget what was over before: nothing of that is said again."""
        if at_s - self._last_s > SPEAKING_S:
            self.forget()

    def again(self) -> list[bytes]:
        """Return what to say again."""
        chunks = list(self._chunks)
        beginnings = range(max(0, len(chunks) - AGAIN_MIN + 1))
        # The latest of equals.
        quietest = min(beginnings, key=lambda at: (_energy(chunks[at]), -at), default=0)
        return chunks[quietest:]

    def forget(self) -> None:
        """Begin anew."""
        self._chunks.clear()


def _energy(pcm: bytes) -> float:
    return float(np.mean(np.square(np.frombuffer(pcm, "<i2").astype(np.float32)))) if pcm else 0.0


class PausableOutput(BaseOutputTransport):
    """An output that can be paused. Whoever writes by itself sends what `released` gives for each chunk."""

    def __init__(self, params: TransportParams, **others: object) -> None:
        # What another of pipecat's transports, derived from as well, wants to be given.
        super().__init__(params=params, **others)
        self.gate = Gate()
        self._sent = Sent()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Follow who decides."""
        match frame:
            case PauseOutputFrame():
                self._sent.forget_older(at_s=time.monotonic())
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
            self._sent.forget()

    async def broadcast_frame(self, frame_cls: type[Frame], **kwargs: object) -> None:
        """Nobody asks five times a second whether the assistant goes on speaking; every processor would pass it."""
        if frame_cls is not BotSpeakingFrame:
            await super().broadcast_frame(frame_cls, **kwargs)

    async def released(self, pcm: bytes) -> list[bytes]:
        """Wait until the gate is open; return what to send now, nothing if the chunk was dropped."""
        held = not self.gate.is_open
        if not await self.gate.passed():
            return []
        again = self._sent.again() if held else []
        self._sent.add(pcm, at_s=time.monotonic())
        return [*again, pcm]

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Send a chunk once the gate is open; False when it was dropped."""
        return await self.gate.passed() and await super().write_audio_frame(frame)
