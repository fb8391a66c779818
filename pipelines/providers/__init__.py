"""Speech to text, language model and text to speech: what a session asks of whoever provides them."""

from typing import Protocol, Self, runtime_checkable

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.providers.wishes import Offered, Wishes
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds


class Hearing(Protocol):
    """Makes what every session needs; the models behind it are loaded once and shared by all sessions.

    Audio is 16-bit LE mono at the rate of VOICE_AUDIO_SAMPLE_RATE_HZ.
    """

    @property
    def offered(self) -> Offered:
        """What assistants can choose from."""

    def wished(self, wishes: Wishes) -> Self:
        """The same as one assistant wishes it, as far as that can be had."""

    def prepared(self, text: str) -> bytes | None:
        """Speech that was made earlier; None if there is none yet, and then it will be made."""

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """Whether somebody speaks; state of one session."""

    def turn(self, turn_taking: TurnTaking) -> BaseTurnAnalyzer:
        """Whether what was said sounds finished; state of one session."""


class Providers(Hearing, Protocol):
    """Makes the parts of one session of which each has one stage."""

    def stt(self) -> FrameProcessor:
        """Audio that VAD calls speech in, TranscriptionFrame out."""

    def llm(self) -> FrameProcessor:
        """LLMContextFrame in, LLMTextFrame out as the words come."""

    def tts(self) -> FrameProcessor:
        """LLMTextFrame in, TTSAudioRawFrame out, sentence by sentence."""


@runtime_checkable
class SpeechToSpeech(Hearing, Protocol):
    """Makes the one part of a session that has all three stages."""

    def model(self, instructions: str, tools: ToolsSchema | None) -> FrameProcessor:
        """Audio and the ends of turns in; TTSAudioRawFrame and TTSTextFrame out, TranscriptionFrame upstream.

        It calls the tools whenever it wants to.
        """


class ProviderUnavailable(Exception):
    """A chosen provider cannot be used; the message says what to install or to set."""
