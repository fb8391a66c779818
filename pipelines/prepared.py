"""Speech made before it is needed: greetings, and what is said while an answer takes long.

Whoever makes the voice, a sentence is made once and kept; made anew it would begin a moment later, each time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import numpy as np
import soxr
import structlog
from pipecat.frames.frames import EndFrame, Frame, TTSAudioRawFrame, TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from auth.background import beside
from pipelines.providers.wishes import HOUSE, Manner, Wishes
from pipelines.stopping import stop

# Five seconds of speech at 16 kHz are 160 kB: 10 MB at most.
MAX_SPEECHES = 64
MAX_WAITING = 16
MADE_WITHIN_S = 15.0

log = structlog.get_logger()


class _Speech(NamedTuple):
    text: str
    provider: str | None
    manner: Manner


class PreparedSpeech:
    """Speeches, as 16-bit LE mono at `sample_rate_hz`; the least recently used is forgotten first."""

    def __init__(self, voice: Callable[[Wishes], FrameProcessor], *, sample_rate_hz: int) -> None:
        self._voice = voice
        self._sample_rate_hz = sample_rate_hz
        self._made: OrderedDict[_Speech, bytes] = OrderedDict()
        self._wanted: asyncio.Queue[_Speech] = asyncio.Queue(MAX_WAITING)

    @asynccontextmanager
    async def making(self) -> AsyncIterator[None]:
        """Make what is wanted, one after the other, for the length of the block."""
        async with beside(self._make_all(), name="prepared-speech"):
            yield

    def get(self, text: str, wishes: Wishes = HOUSE) -> bytes | None:
        """Return `text` as speech in the voice that is wished for; None if there is none yet, and then it is made."""
        wanted = _Speech(text, wishes.tts, wishes.manner)
        if pcm := self._made.get(wanted):
            self._made.move_to_end(wanted)
            return pcm
        if text.strip() and not self._wanted.full():
            self._wanted.put_nowait(wanted)
        return None

    async def _make_all(self) -> None:
        while True:
            wanted = await self._wanted.get()
            if wanted in self._made:
                continue
            voice = self._voice(Wishes(tts=wanted.provider, manner=wanted.manner))
            pcm = await speech(voice, wanted.text, sample_rate_hz=self._sample_rate_hz)
            if pcm:
                self._made[wanted] = pcm
                if len(self._made) > MAX_SPEECHES:
                    self._made.popitem(last=False)
            else:
                log.warning("speech_not_prepared", characters=len(wanted.text))


async def speech(voice: FrameProcessor, text: str, *, sample_rate_hz: int) -> bytes:
    """Let `voice` say `text` to nobody, and return it; empty if it failed or took longer than MADE_WITHIN_S."""
    ear = _Ear(sample_rate_hz)
    worker = PipelineWorker(
        Pipeline([voice, ear]),
        params=PipelineParams(audio_out_sample_rate=sample_rate_hz),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await worker.queue_frames([TTSSpeakFrame(text, append_to_context=False), EndFrame()])
    running = asyncio.create_task(runner.run())
    try:
        done, _ = await asyncio.wait({running}, timeout=MADE_WITHIN_S)
    finally:
        # A company's voice may hang in the middle of connecting, and must not keep the process from ending.
        await stop(worker, running)
    return bytes(ear.pcm) if done and ear.finished else b""


class _Ear(FrameProcessor):
    """Keeps what it hears."""

    def __init__(self, sample_rate_hz: int) -> None:
        super().__init__()
        self._sample_rate_hz = sample_rate_hz
        self.pcm = bytearray()
        self.finished = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep audio; pass everything on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.pcm += _resampled(frame.audio, frame.sample_rate, self._sample_rate_hz)
        elif isinstance(frame, EndFrame):
            self.finished = True
        await self.push_frame(frame, direction)


def _resampled(pcm: bytes, from_hz: int, to_hz: int) -> bytes:
    if from_hz == to_hz:
        return pcm
    resampled: bytes = soxr.resample(np.frombuffer(pcm, np.int16), from_hz, to_hz).tobytes()
    return resampled
