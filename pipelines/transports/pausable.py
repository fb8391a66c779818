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
from collections.abc import AsyncGenerator
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
    OutputTransportReadyFrame,
    StartFrame,
    SystemFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BOT_VAD_STOP_FALLBACK_SECS, BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipelines.processors.brisk import Brisk

# Nobody holds it for so long; a client that sends no more audio while it is held leaves it undecided.
LONGEST_PAUSE_S = 2.0
# After a pause that much is said again, so that no word begins in its middle: 200 ms, and up to 200 more to begin where
# it was quietest.
AGAIN_MIN_S, AGAIN_MAX_S = 0.2, 0.4
# Who has sent no chunk for so long was not speaking when the pause began.
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

    def __init__(self, *, chunk_s: float) -> None:
        self._least = round(AGAIN_MIN_S / chunk_s)
        self._chunks: deque[bytes] = deque(maxlen=round(AGAIN_MAX_S / chunk_s))
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
        beginnings = range(max(0, len(chunks) - self._least + 1))
        # The latest of equals.
        quietest = min(beginnings, key=lambda at: (_energy(chunks[at]), -at), default=0)
        return chunks[quietest:]

    def forget(self) -> None:
        """Begin anew."""
        self._chunks.clear()


def _energy(pcm: bytes) -> float:
    return float(np.mean(np.square(np.frombuffer(pcm, "<i2").astype(np.float32)))) if pcm else 0.0


class Speaker(BaseOutputTransport.MediaSender):
    """Pipecat's queue of what is to be said, without its two time limits for each chunk.

    On Python before 3.12 each is a task of its own. Here only a silence is timed, and how long a caller may be away is
    for the connection to say. There is no mixer, no filter and no volume either.
    """

    async def _next_frame(self) -> AsyncGenerator[Frame, None]:
        while True:
            if self._bot_speaking and self._audio_queue.empty():
                try:
                    async with asyncio.timeout(BOT_VAD_STOP_FALLBACK_SECS):
                        frame = await self._audio_queue.get()
                except TimeoutError:
                    await self._bot_stopped_speaking()  # type: ignore[no-untyped-call]  # pipecat declares no return type
                    continue
            else:
                frame = await self._audio_queue.get()
            yield frame
            self._audio_queue.task_done()

    async def _internal_write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        return self._transport.is_usable and await self._transport.write_audio_frame(frame)


class PausableOutput(Brisk, BaseOutputTransport):
    """An output that can be paused. Whoever writes by itself sends what `released` gives for each chunk."""

    def __init__(self, params: TransportParams, **others: object) -> None:
        # What another of pipecat's transports, derived from as well, wants to be given.
        super().__init__(params=params, **others)
        self.gate = Gate()
        self._sent = Sent(chunk_s=params.audio_out_10ms_chunks / 100)

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

    async def set_transport_ready(self, frame: StartFrame) -> None:
        """Begin to speak, to the one caller there is."""
        speaker = Speaker(
            self,
            destination=None,
            sample_rate=self.sample_rate,
            audio_chunk_size=self.audio_chunk_size,
            params=self._params,
        )
        self._media_senders[None] = speaker
        await speaker.start(frame)
        await self.push_frame(OutputTransportReadyFrame(), FrameDirection.UPSTREAM)

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
