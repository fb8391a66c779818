"""Speech to text, language model and text to speech: what a session asks of whoever provides them."""

from typing import Protocol

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds


class Providers(Protocol):
    """Makes the parts of one session; the models behind them are loaded once and shared by all sessions.

    Audio is 16-bit LE mono at the rate of VOICE_AUDIO_SAMPLE_RATE_HZ.
    """

    def stt(self) -> FrameProcessor:
        """Audio that VAD calls speech in, TranscriptionFrame out."""

    def llm(self) -> FrameProcessor:
        """LLMContextFrame in, LLMTextFrame out as the words come."""

    def tts(self) -> FrameProcessor:
        """LLMTextFrame in, TTSAudioRawFrame out, sentence by sentence."""

    def prepared(self, text: str) -> bytes | None:
        """Speech that was made earlier; None if there is none yet, and then it will be made."""

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """Whether somebody speaks; state of one session."""

    def turn(self, turn_taking: TurnTaking) -> BaseTurnAnalyzer:
        """Whether what was said sounds finished; state of one session."""


class ProviderUnavailable(Exception):
    """A chosen provider cannot be used; the message says what to install or to set."""
