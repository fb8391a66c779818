"""Providers that do as they are told, on pipecat's real base classes, so that everything around them is real."""

import array
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, BaseTurnParams, EndOfTurnState
from pipecat.audio.vad.vad_analyzer import VADParams, VADState
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import MetricsData
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.utils.time import time_now_iso8601
from pipecat.utils.tracing.service_decorators import traced_llm, traced_stt, traced_tts

from pipelines.providers.wishes import NOTHING, Offered, Wishes
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds

CHUNK_S = 0.02
# Speech for EnergyVad: every sample at least this loud, of 32,767.
AUDIBLE = 1_000
TONE_HALF_SAMPLES = 20


def loudness(pcm: bytes) -> int:
    """The loudest sample of 16-bit LE mono."""
    return max(map(abs, array.array("h", pcm)), default=0)


def tone(*, seconds: float, rate_hz: int, level: int = 8_000) -> bytes:
    """A square wave, 16-bit LE mono: as loud as `level` in every sample, and low enough for any codec."""
    half = [level] * TONE_HALF_SAMPLES + [-level] * TONE_HALF_SAMPLES
    samples = round(seconds * rate_hz)
    return array.array("h", (half * (samples // len(half) + 1))[:samples]).tobytes()


class EchoStt(STTService):
    """Hears whatever `words` makes of the utterance's audio, once VAD says it is over."""

    def __init__(self, words: Callable[[bytes], str]) -> None:
        super().__init__(ttfs_p99_latency=0.3, settings=STTSettings(model="double", language=None))
        self._words = words
        self._utterance = bytearray()

    @traced_stt
    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Collect the audio."""
        self._utterance.extend(audio)
        yield None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Push the final transcript at the end of speech."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            said = self._words(bytes(self._utterance))
            self._utterance.clear()
            if said:
                await self.push_frame(TranscriptionFrame(said, "caller", time_now_iso8601(), finalized=True))


class ScriptedLlm(LLMService):
    """Answers with what `answer` makes of the last message, word by word."""

    def __init__(self, answer: Callable[[str], str]) -> None:
        settings = LLMSettings(
            model="double",
            system_instruction=None,
            temperature=None,
            max_tokens=None,
            top_p=None,
            top_k=None,
            frequency_penalty=None,
            presence_penalty=None,
            seed=None,
            filter_incomplete_user_turns=False,
            user_turn_completion_config=None,
        )
        super().__init__(settings=settings)
        self._answer = answer

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; pass on everything else."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self._process_context(frame.context)

    @traced_llm
    async def _process_context(self, context: LLMContext) -> None:
        await self.push_frame(LLMFullResponseStartFrame())
        await self.think()
        try:
            for word in self._answer(_last_message(context)).split(" "):
                await self.push_frame(LLMTextFrame(f"{word} "))
        except Exception as error:  # noqa: BLE001 - as pipecat's own services do
            await self.push_error(f"{error}", exception=error)
        await self.push_frame(LLMFullResponseEndFrame())

    async def think(self) -> None:
        """Answer at once."""


class ToneTts(TTSService):
    """Says every word as a tone of `seconds_per_word`, far faster than real time, as services do."""

    def __init__(self, seconds_per_word: float, *, level: int = 8_000) -> None:
        settings = TTSSettings(model="double", voice="tone", language=None)
        super().__init__(push_start_frame=True, push_stop_frames=True, stop_frame_timeout_s=0.2, settings=settings)
        self._seconds_per_word = seconds_per_word
        self._level = level

    @traced_tts
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Yield chunks of 20 ms."""
        chunk = tone(seconds=CHUNK_S, rate_hz=self.sample_rate, level=self._level)
        for _ in range(round(len(text.split()) * self._seconds_per_word / CHUNK_S)):
            yield TTSAudioRawFrame(chunk, self.sample_rate, 1, context_id=context_id)


class EnergyVad(Sounds):
    """Takes any loud audio for speech, in windows of 20 ms, on the event loop: no threads, no chance."""

    def __init__(self) -> None:
        super().__init__(params=VADParams(confidence=0.5, start_secs=0.1, stop_secs=0.2, min_volume=0.0))

    def num_frames_required(self) -> int:
        """Samples of a window."""
        return round(self.sample_rate * CHUNK_S)

    def voice_confidence(self, buffer: bytes) -> float:
        """1.0 for loud, 0.0 for quiet."""
        confidence = float(loudness(buffer) >= AUDIBLE)
        self.note(confidence, buffer)
        return confidence

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Return the state after `buffer`."""
        return self._run_analyzer(buffer)


class InstantTurn(BaseTurnAnalyzer):
    """Takes every sentence for finished, or none."""

    def __init__(self, state: EndOfTurnState = EndOfTurnState.COMPLETE) -> None:
        super().__init__()
        self._state = state

    @property
    def speech_triggered(self) -> bool:
        """Never asked."""
        return False

    @property
    def params(self) -> BaseTurnParams:
        """Nothing to set."""
        return BaseTurnParams()

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:  # noqa: ARG002, FBT001 - pipecat's signature
        """Only `analyze_end_of_turn` judges."""
        return EndOfTurnState.INCOMPLETE

    async def analyze_end_of_turn(self) -> tuple[EndOfTurnState, MetricsData | None]:
        """The same, whatever was said."""
        return self._state, None

    def clear(self) -> None:
        """Nothing is kept."""


class PassOn(FrameProcessor):
    """A step that changes nothing."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass on the frame."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubles:
    """The Providers of a test."""

    heard: Callable[[bytes], str] = lambda _audio: "hello there"
    answer: Callable[[str], str] = lambda question: f"You said {question}."
    seconds_per_word: float = 0.1
    end_of_turn: EndOfTurnState = EndOfTurnState.COMPLETE
    speeches: Mapping[str, bytes] = field(default_factory=dict)
    offered: Offered = NOTHING

    def wished(self, wishes: Wishes) -> Self:  # noqa: ARG002 - there is one of each
        """The same."""
        return self

    def stt(self) -> FrameProcessor:
        """Return an EchoStt."""
        return EchoStt(self.heard)

    def llm(self) -> FrameProcessor:
        """Return a ScriptedLlm."""
        return ScriptedLlm(self.answer)

    def tts(self) -> FrameProcessor:
        """Return a ToneTts."""
        return ToneTts(self.seconds_per_word)

    def prepared(self, text: str) -> bytes | None:
        """What the test has prepared."""
        return self.speeches.get(text)

    def vad(self, turn_taking: TurnTaking) -> Sounds:  # noqa: ARG002 - tests count on one
        """Return an EnergyVad."""
        return EnergyVad()

    def turn(self, turn_taking: TurnTaking) -> BaseTurnAnalyzer:  # noqa: ARG002 - it asks for no model
        """Return an InstantTurn."""
        return InstantTurn(self.end_of_turn)


@dataclass(frozen=True, slots=True)
class PlainAnswering:
    """No store's facts: everything goes to the model, and passes unchecked."""

    def tools(self) -> ToolsSchema | None:
        """Nothing."""

    def turn_began(self) -> None:
        """Do nothing."""

    def reading_ahead(self, context: LLMContext) -> FrameProcessor:  # noqa: ARG002 - there is nothing to know ahead
        """Return a step that does nothing."""
        return PassOn()

    def grounding(self) -> FrameProcessor:
        """Return a step that does nothing."""
        return PassOn()

    def figures(self) -> FrameProcessor:
        """Return a step that does nothing."""
        return PassOn()

    async def instructions(self) -> str:
        """Tell a model as little as that."""
        return "Answer for Leaf."


@dataclass(slots=True)
class Notebook:
    """A Recorder that keeps nothing but how conversations ended."""

    ended: list[str] = field(default_factory=list)

    def attach(self, stations: object) -> None:
        """Do not listen."""

    def begin(self, past: object = None) -> None:
        """Do nothing."""

    def note(self, call: object) -> None:
        """Do nothing."""

    def staff_said(self, text: str, *, started_at: datetime, whispered: bool) -> None:
        """Do not note it."""

    async def end(self, reason: str) -> None:
        """Note the reason."""
        self.ended.append(reason)


def _last_message(context: LLMContext) -> str:
    messages: Sequence[object] = context.messages
    last = messages[-1] if messages else None
    return str(last.get("content", "")) if isinstance(last, dict) else ""
