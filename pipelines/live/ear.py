"""Understand what staff says to a caller: their microphone, through the conversation's own detector and recogniser."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from pipelines.live.audio import RATE_HZ
from pipelines.providers import Providers
from pipelines.stopping import stop
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import SoundsAndVoice

# So much silence ends any sentence; words come soon after that, or not at all.
SILENCE_S = 1.0
LAST_WORDS_WITHIN_S = 1.5
CHUNK_BYTES = RATE_HZ // 50 * 2

OnWords = Callable[[str, datetime], None]


class StaffEar:
    """Hears one microphone; made by `hearing`."""

    def __init__(self, worker: PipelineWorker, words: "_Words") -> None:
        self._worker = worker
        self._words = words

    async def hear(self, pcm: bytes) -> None:
        """Take 16-bit LE mono at RATE_HZ."""
        for start in range(0, len(pcm), CHUNK_BYTES):
            await self._worker.queue_frame(InputAudioRawFrame(pcm[start : start + CHUNK_BYTES], RATE_HZ, 1))

    async def finish(self) -> None:
        """Wait a moment for the last words."""
        await self.hear(bytes(round(SILENCE_S * RATE_HZ) * 2))
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_WITHIN_S):
                await self._words.understood.wait()


@asynccontextmanager
async def hearing(
    providers: Providers, turn_taking: TurnTaking, on_words: OnWords, *, now: Callable[[], datetime]
) -> AsyncIterator[StaffEar]:
    """Call `on_words` with what is understood, and when its first sound was, for the block."""
    words = _Words(on_words, now=now)
    worker = PipelineWorker(
        Pipeline([SoundsAndVoice(providers.vad(turn_taking)), providers.stt(), words]),
        params=PipelineParams(audio_in_sample_rate=RATE_HZ),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        yield StaffEar(worker, words)
    finally:
        await stop(worker, running)


class _Words(FrameProcessor):
    """Stands where somebody would answer."""

    def __init__(self, on_words: OnWords, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._on_words = on_words
        self._now = now
        self._began_at = now()
        # Nothing that was said waits for its words.
        self.understood = asyncio.Event()
        self.understood.set()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Follow the voice; everything passes."""
        await super().process_frame(frame, direction)
        match frame:
            case VADUserStartedSpeakingFrame():
                self._began_at = self._now() - timedelta(seconds=frame.start_secs)
                self.understood.clear()
            case TranscriptionFrame() if frame.text.strip():
                self._on_words(frame.text.strip(), self._began_at)
                self.understood.set()
            case _:
                pass
        await self.push_frame(frame, direction)
