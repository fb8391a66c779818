"""What each turn took: where it is in the recording, what providers did for it, and what of it went unheard."""

from collections.abc import Callable
from dataclasses import replace

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import LLMUsageMetricsData, TTSUsageMetricsData
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.conversations.records import AnsweredBy, Span, Usage
from pipelines.processors.filling import PreparedSpeechFrame
from pipelines.providers.names import name_of


class CallerMeter:
    """Measures the caller's turns. `now_ms` is the time since the recording began."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._began_ms: int | None = None
        self._ended_ms: int | None = None
        self._speaks_since_ms: int | None = None
        self._usage = Usage()

    def note_speech(self, _vad: FrameProcessor, frame: Frame) -> None:
        """Follow the voice detector, which is sure only after a while."""
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._speaks_since_ms = self._now_ms() - _ms(frame.start_secs)
            self._began_ms = self._speaks_since_ms if self._began_ms is None else self._began_ms
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._speaks_since_ms is not None:
            self._ended_ms = self._now_ms() - _ms(frame.stop_secs)
            spoken_ms = (self._usage.speech_ms or 0) + max(0, self._ended_ms - self._speaks_since_ms)
            self._usage, self._speaks_since_ms = replace(self._usage, speech_ms=spoken_ms), None

    def note_transcript(self, stt: FrameProcessor, frame: Frame) -> None:
        """Note who understood it."""
        if isinstance(frame, TranscriptionFrame):
            self._usage = replace(self._usage, stt=name_of(stt))

    def take(self) -> tuple[Span | None, Usage | None]:
        """Hand over what the turn took, and start afresh; a turn that was typed took nothing."""
        span = None if self._began_ms is None else _span(self._began_ms, self._ended_ms or self._now_ms())
        usage, self._usage = self._usage, Usage()
        self._began_ms = self._ended_ms = None
        return span, usage if usage != Usage() else None


class AssistantMeter:
    """Measures the assistant's turns. What an answer that nobody heard has used is counted to the next one."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._began_ms: int | None = None
        self._ended_ms: int | None = None
        self._made: list[str] = []
        self._usage = Usage()

    def note_model(self, llm: FrameProcessor, frame: Frame) -> None:
        """Count the model's tokens."""
        if isinstance(frame, LLMTextFrame):
            self._usage = replace(self._usage, llm=name_of(llm))
        elif isinstance(frame, MetricsFrame):
            for data in frame.data:
                if isinstance(data, LLMUsageMetricsData):
                    self._usage = replace(
                        self._usage,
                        llm=name_of(llm),
                        llm_model=data.model,
                        input_tokens=(self._usage.input_tokens or 0) + data.value.prompt_tokens,
                        output_tokens=(self._usage.output_tokens or 0) + data.value.completion_tokens,
                    )

    def note_voice(self, tts: FrameProcessor, frame: Frame) -> None:
        """Keep what is going to be said, and count what the voice was asked for."""
        if isinstance(frame, PreparedSpeechFrame) or (type(frame) is AggregatedTextFrame and frame.will_be_spoken):
            self._made.append(frame.text)
        elif isinstance(frame, MetricsFrame):
            for data in frame.data:
                if isinstance(data, TTSUsageMetricsData):
                    characters = (self._usage.characters or 0) + data.value
                    self._usage = replace(self._usage, tts=name_of(tts), characters=characters)

    def note_wire(self, _output: FrameProcessor, frame: Frame) -> None:
        """Follow what is on its way to the caller."""
        if isinstance(frame, TTSAudioRawFrame):
            self._ended_ms = self._now_ms()
            if self._began_ms is None:
                # The frame has been sent.
                self._began_ms = self._ended_ms - _ms(frame.num_frames / frame.sample_rate)

    def take(
        self, heard: str, *, interrupted: bool, answered_by: AnsweredBy | None
    ) -> tuple[Span | None, Usage | None, str]:
        """Hand over what the turn took, and the words that were made and not heard; start afresh."""
        span = None if self._began_ms is None else _span(self._began_ms, self._ended_ms or self._now_ms())
        usage = self._usage if answered_by is AnsweredBy.MODEL else replace(self._usage, llm=None)
        unheard = _rest(" ".join(self._made), heard) if interrupted else ""
        self._began_ms = self._ended_ms = None
        self._made, self._usage = [], Usage()
        return span, usage if usage != Usage() else None, unheard


def _rest(made: str, heard: str) -> str:
    """The words of `made` behind those that were heard, which are its first ones."""
    words, heard_words = made.split(), heard.split()
    return " ".join(words[len(heard_words) :]) if words[: len(heard_words)] == heard_words else ""


def _span(start_ms: int, end_ms: int) -> Span:
    return Span(max(0, start_ms), max(0, start_ms, end_ms))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
