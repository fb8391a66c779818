"""Write down what the VAD calls speech, the moment it ends."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Protocol

import structlog
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601
from pipecat.utils.tracing.service_decorators import traced_stt

from pipelines.providers.embedded.errors import ModelMissing
from pipelines.providers.embedded.moonshine import MoonshineEngine
from pipelines.providers.embedded.segments import SpeechBuffer
from pipelines.providers.embedded.whisper import WhisperEngine

# Half a minute of short sentences, at least; a machine so far behind cannot hold the conversation anyway.
SEGMENTS_WAITING_MAX = 16
# From the end of speech to its words, VAD pause included: how long the turn waits for words that may never come.
TRANSCRIPT_P99_S = 1.0
# Words are guessed again when the speech has grown by so much. A longer one takes longer to read, so it must have
# grown by this share of itself.
GUESS_EVERY_S = 0.4
GUESS_GROWTH = 0.15

log = structlog.get_logger()


class Transcriber(Protocol):
    """A speech model shared by all conversations."""

    name: str

    @property
    def has_time(self) -> bool:
        """Whether it may be asked for words that nobody waits for."""

    async def transcribe(self, pcm: bytes, *, sample_rate_hz: int) -> str:
        """Return the words in `pcm` (16-bit LE mono), or ""."""

    def close(self) -> None:
        """Release the model's thread."""


def load_ears() -> Transcriber:
    """Load Moonshine where its wheel carries the weights, Whisper elsewhere. Raises ModelMissing."""
    try:
        return MoonshineEngine.load()
    except ModelMissing:
        return WhisperEngine.load()


class EmbeddedStt(STTService):
    """One conversation's ear over the shared engine.

    It stands behind the VAD processor and starts to transcribe when the VAD reports a stop, so that the engine's
    thread works while the turn analyzer, further down the pipeline, decides whether the caller has finished.
    Before that, whenever the engine has nothing else to do, it guesses at what has been said so far.
    """

    def __init__(self, engine: Transcriber, *, sample_rate_hz: int) -> None:
        super().__init__(
            sample_rate=sample_rate_hz,
            ttfs_p99_latency=TRANSCRIPT_P99_S,
            settings=STTSettings(model=engine.name, language=Language.EN),
        )
        self._engine = engine
        self._speech = SpeechBuffer(sample_rate_hz=sample_rate_hz)
        self._segments: asyncio.Queue[bytes] = asyncio.Queue(SEGMENTS_WAITING_MAX)
        self._transcribing: asyncio.Task[None] | None = None
        self._guessing: asyncio.Task[None] | None = None
        self._guessed_s = 0.0

    def can_generate_metrics(self) -> bool:
        """Report how long each segment takes."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Begin to take segments."""
        await super().start(frame)
        self._transcribing = self.create_task(self._transcribe_segments())

    async def stop(self, frame: EndFrame) -> None:
        """Write down what was already said, then finish."""
        await self._segments.join()
        await self._abandon()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Finish at once; what was not yet written down is lost."""
        await self._abandon()
        await super().cancel(frame)

    async def cleanup(self) -> None:
        """Leave no task behind, however the pipeline ended."""
        await self._abandon()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Follow the VAD. The base class passes every frame on."""
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._speech.start()
            self._guessed_s = self._speech.seconds
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            await self._queue(self._speech.stop())
        await super().process_frame(frame, direction)

    async def process_audio_frame(self, frame: InputAudioRawFrame, direction: FrameDirection) -> None:  # noqa: ARG002 - pipecat's signature
        """Keep the audio; guess at a speech that goes on, and transcribe the first part of a very long one."""
        if self.is_muted:
            return
        segment = self._speech.append(frame.audio)
        if segment:
            await self._queue(segment)
        elif self._is_worth_a_guess():
            self._guessed_s = self._speech.seconds
            self._guessing = self.create_task(self._guess(self._speech.so_far()))

    @traced_stt
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Yield the words of one segment, if there are any."""
        await self.start_processing_metrics()
        text = await self._engine.transcribe(audio, sample_rate_hz=self.sample_rate)
        await self.stop_processing_metrics()
        if text:
            yield TranscriptionFrame(
                text=text,
                user_id="",
                timestamp=time_now_iso8601(),
                language=Language.EN,
                # The turn may end on this transcript only if no later words are on their way.
                finalized=not self._speech.speaking and self._segments.empty(),
            )

    def _is_worth_a_guess(self) -> bool:
        grown_s = self._speech.seconds - self._guessed_s
        return (
            self._speech.speaking
            and grown_s >= max(GUESS_EVERY_S, self._speech.seconds * GUESS_GROWTH)
            and self._engine.has_time
        )

    async def _guess(self, so_far: bytes) -> None:
        try:
            text = await self._engine.transcribe(so_far, sample_rate_hz=self.sample_rate)
        except Exception as e:  # noqa: BLE001 - the whole speech is transcribed all the same, or reported
            log.debug("guess_failed", reason=type(e).__name__)
            return
        if text:
            await self.push_frame(InterimTranscriptionFrame(text, "", time_now_iso8601(), Language.EN))

    async def _stop_guessing(self) -> None:
        if self._guessing:
            await self.cancel_task(self._guessing)
            self._guessing = None

    async def _queue(self, segment: bytes) -> None:
        # A guess that came after the words would hold up the turn.
        await self._stop_guessing()
        self._guessed_s = 0.0
        try:
            self._segments.put_nowait(segment)
        except asyncio.QueueFull:
            log.warning("speech_dropped", reason="the speech model is too far behind")

    async def _transcribe_segments(self) -> None:
        while True:
            segment = await self._segments.get()
            try:
                await self.process_generator(self.run_stt(segment))
            except Exception as e:  # noqa: BLE001 - whatever one segment does to the model, the call goes on
                await self.push_error("What was said could not be transcribed", exception=e)
            finally:
                self._segments.task_done()

    async def _abandon(self) -> None:
        await self._stop_guessing()
        if self._transcribing:
            await self.cancel_task(self._transcribing)
            self._transcribing = None
