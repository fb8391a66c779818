"""Decide whether a caller who makes a sound while the assistant speaks wants to speak.

At the first sound the assistant falls silent. If no voice comes of it, it goes on as soon as the sound is over.
Otherwise it either yields within `decide_s` (an interruption, as pipecat has it) or goes on, and then neither the
model nor the record hears of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    SystemFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContextMessage
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start.base_user_turn_start_strategy import BaseUserTurnStartStrategy
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy

from pipelines.transports.pausable import PauseOutputFrame, ResumeOutputFrame
from pipelines.turns.backchannels import agrees, asks_for_the_floor
from pipelines.turns.saying import AnswerMadeFrame, SayingFrame
from pipelines.turns.sounds import SoundFrame


class BargeIn(BaseUserTurnStartStrategy):  # type: ignore[no-untyped-call]  # pipecat leaves __init_subclass__ unannotated
    """Starts the caller's turns.

    While the assistant is silent, with the first voice or word. While it speaks or an answer is on its way, when
    words ask for the floor, or when a voice without known words lasts for `decide_s`; over a question of the
    assistant's "yeah" and "mm-hmm" are words, too. Time is counted in the caller's audio, so a stalled network decides
    nothing.

    `by_voice_alone`: words come only after the turn, or not at all, so that they decide nothing.
    """

    def __init__(self, *, decide_s: float, by_voice_alone: bool = False) -> None:
        super().__init__()
        self._decide_s = decide_s
        self._by_voice_alone = by_voice_alone
        self._turn_open = False
        self._words_in_turn = False
        # An answer is on its way: from the end of the caller's turn until all of it has been made.
        self._expecting = False
        self._speaking = False
        self._asking = False
        self._sounding = False
        self._voice = False
        self._listening = False
        self._paused_s: float | None = None

    async def handle_user_turn_started(self) -> None:
        """Hold nothing back any more: the turn's own interruption drops it."""
        self._turn_open = True
        self._expecting = False
        self._paused_s = None

    async def handle_user_turn_stopped(self) -> None:
        """Expect an answer, if something was asked."""
        self._turn_open = False
        self._expecting = self._words_in_turn or self._by_voice_alone
        self._words_in_turn = False

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Follow both voices. STOP when the caller's turn begins."""
        began = False
        match frame:
            case BotStartedSpeakingFrame() | BotStoppedSpeakingFrame():
                self._follow(speaking=isinstance(frame, BotStartedSpeakingFrame))
            case AnswerMadeFrame():
                self._expecting = False
            case SayingFrame():
                self._asking = frame.text.rstrip().endswith("?")
            case InterruptionFrame():
                # Somebody else's, such as that of a typed message.
                self._paused_s = None
            case SoundFrame():
                self._sounding = frame.heard
                await (self._heard_sound() if frame.heard else self._sound_is_over())
            case VADUserStartedSpeakingFrame():
                self._voice, self._sounding, self._listening = True, True, False
                began = await self._heard_voice()
            case VADUserStoppedSpeakingFrame():
                self._voice = self._sounding = False
            case TranscriptionFrame() | InterimTranscriptionFrame() if frame.text.strip() and not self._by_voice_alone:
                began = await self._heard_words(frame)
            case InputAudioRawFrame() if self._paused_s is not None:
                began = await self._waited(frame.num_frames / frame.sample_rate)
            case _:
                pass
        return ProcessFrameResult.STOP if began else ProcessFrameResult.CONTINUE

    def _follow(self, *, speaking: bool) -> None:
        self._speaking = speaking
        # Nobody tells when the answer of a model that speaks itself has been made.
        self._expecting = self._expecting and not (self._by_voice_alone and not speaking)

    @property
    def _answering(self) -> bool:
        return self._expecting or self._speaking

    async def _heard_sound(self) -> None:
        # Who goes on with "yeah, yeah" has been heard to listen.
        if self._answering and not self._turn_open and self._paused_s is None and not self._listening:
            self._paused_s = 0.0
            await self.push_frame(PauseOutputFrame())

    async def _sound_is_over(self) -> None:
        if not self._voice:
            await self._go_on()

    async def _heard_voice(self) -> bool:
        if not self._turn_open and not self._answering:
            return await self._begin()
        await self._heard_sound()
        return False

    async def _heard_words(self, frame: TranscriptionFrame | InterimTranscriptionFrame) -> bool:
        wanted = asks_for_the_floor(frame.text) or (self._asking and agrees(frame.text))
        if self._turn_open or not self._answering or wanted:
            self._words_in_turn |= isinstance(frame, TranscriptionFrame)
            return not self._turn_open and await self._begin()
        self._listening = True
        if isinstance(frame, TranscriptionFrame):
            await self._go_on()
            await self.trigger_reset_aggregation()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        return False

    async def _waited(self, seconds: float) -> bool:
        if self._paused_s is None:
            return False
        self._paused_s += seconds
        if self._paused_s < self._decide_s:
            return False
        if self._voice and self._sounding and not self._listening:
            return await self._begin()
        await self._go_on()
        return False

    async def _begin(self) -> bool:
        await self.trigger_user_turn_started()
        return True

    async def _go_on(self) -> None:
        if self._paused_s is not None:
            self._paused_s = None
            await self.push_frame(ResumeOutputFrame())


@dataclass
class FloorIsFreeFrame(SystemFrame):
    """An interruption has gone through: what was `heard` of the assistant's words is part of the conversation."""

    heard: str


def tell_when_the_floor_is_free(assistant_turn: LLMAssistantAggregator) -> None:
    """Let the end of the pipeline tell its beginning of each interruption that has passed."""

    async def tell(processor: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, InterruptionFrame):
            await processor.push_frame(FloorIsFreeFrame(_said_last(assistant_turn.messages)), FrameDirection.UPSTREAM)

    assistant_turn.add_event_handler("on_before_push_frame", tell)


def _said_last(messages: Sequence[LLMContextMessage]) -> str:
    """What the assistant has said since the caller spoke."""
    last = messages[-1] if messages else None
    return str(last.get("content", "")) if isinstance(last, dict) and last.get("role") == "assistant" else ""


class EndOfTurn(TurnAnalyzerUserTurnStopStrategy):  # type: ignore[no-untyped-call]  # as above
    """pipecat's, for turns that begin late.

    Its own forgets at the beginning of a turn what it has heard; here the voice of a caller who barges in was heard
    before the turn was granted, perhaps to its end. Such a turn ends once its interruption has gone through, or the
    caller's words would stand before those that they interrupted.
    """

    def __init__(self, analyzer: BaseTurnAnalyzer) -> None:
        super().__init__(turn_analyzer=analyzer)
        self._interrupting = False

    async def handle_user_turn_started(self) -> None:
        """Keep what was heard."""
        self._interrupting = True

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Forget a false start; follow everything else."""
        match frame:
            case ResumeOutputFrame():
                await self.handle_user_turn_stopped()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
            case FloorIsFreeFrame():
                self._interrupting = False
                await self._maybe_trigger_user_turn_stopped()  # type: ignore[no-untyped-call]  # as above
            case _:
                pass
        result: ProcessFrameResult = await super().process_frame(frame)
        # pipecat would warn of every pause but its own, in each conversation; TurnTaking has its reasons.
        self._stop_secs_warned = True
        return result

    async def trigger_user_turn_stopped(self, *, enable_user_speaking_frames: bool | None = None) -> None:
        """End the turn, or leave it to FloorIsFreeFrame."""
        if not self._interrupting:
            await super().trigger_user_turn_stopped(enable_user_speaking_frames=enable_user_speaking_frames)
