"""The order in which a conversation flows: who is heard, when a turn is over, what is answered and spoken."""

import time
from typing import Protocol

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.dtmf_aggregator import DTMFAggregator
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from pipelines.processors.filling import Filling
from pipelines.processors.gathering import Gathering
from pipelines.processors.heard import Heard
from pipelines.processors.recorder import Stations
from pipelines.processors.staff import Briefing, Handset, StaffLine
from pipelines.processors.tool_results import ToolResults
from pipelines.processors.typing import Typing
from pipelines.providers import Hearing, Providers, SpeechToSpeech
from pipelines.turns.barge_in import BargeIn, EndOfTurn, tell_when_the_floor_is_free
from pipelines.turns.caller_turn import CallerTurn
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import SoundsAndVoice

# Digits that come so close together are one number; # ends it at once.
KEYPAD_TIMEOUT_S = 2.0


class Ends(Protocol):
    """Both ends of a pipeline: where audio comes in and where it goes out."""

    @property
    def by_telephone(self) -> bool:
        """Whether the caller has a keypad."""

    def input(self) -> FrameProcessor:
        """Frames of what the caller sends."""

    def output(self) -> BaseOutputTransport:
        """Frames to the caller; pushes audio on once it is sent."""


class Answering(Protocol):
    """The steps between the caller's words and the assistant's that depend on the store."""

    def tools(self) -> ToolsSchema | None:
        """What the model may call."""

    def turn_began(self) -> None:
        """The caller has said something new to a model that calls tools by itself."""

    def reading_ahead(self, context: LLMContext) -> FrameProcessor:
        """Let the model read what is known of the next question while the caller still asks it."""

    def grounding(self) -> FrameProcessor:
        """Answer from the store's own facts, or put them before the model's question."""

    def figures(self) -> FrameProcessor:
        """Keep invented figures out of what is spoken."""

    async def instructions(self) -> str:
        """All that a model is told that hears and speaks by itself, where none of these steps can stand."""


def build(  # noqa: PLR0913 - all that a pipeline depends on
    ends: Ends,
    providers: Providers,
    answering: Answering,
    context: LLMContext,
    turn_taking: TurnTaking,
    *,
    staff: StaffLine,
    screening: FrameProcessor | None = None,
) -> tuple[Pipeline, Stations]:
    """Return the pipeline of one session, and the processors at which others listen.

    `screening` finds out who has picked up a call that we make.
    """
    user_turn = CallerTurn(context, params=_user_turns(providers, turn_taking))
    assistant_turn = LLMAssistantAggregator(context)
    tell_when_the_floor_is_free(assistant_turn)
    vad = SoundsAndVoice(providers.vad(turn_taking))
    stt = providers.stt()
    reading_ahead = answering.reading_ahead(context)
    grounding = answering.grounding()
    llm = providers.llm()
    figures = answering.figures()
    tts = providers.tts()
    filling = Filling(providers.prepared, llm)
    handset = Handset(staff, monotonic=time.monotonic)
    output = ends.output()

    keypad = [DTMFAggregator(timeout=KEYPAD_TIMEOUT_S, prefix="")] if ends.by_telephone else []
    screened = [screening] if screening else []
    heard = [ends.input(), vad, stt, *screened, *keypad, reading_ahead, user_turn]
    answered = [Briefing(staff), grounding, llm, ToolResults(), figures, tts, Gathering(), filling, handset]
    pipeline = Pipeline([*heard, *answered, output, Heard(filling), assistant_turn])
    return pipeline, Stations(vad, stt, user_turn, grounding, llm, tts, output, assistant_turn, handset)


def build_speech_to_speech(
    ends: Ends, providers: SpeechToSpeech, answering: Answering, instructions: str, turn_taking: TurnTaking
) -> tuple[Pipeline, Stations]:
    """The same with one model for all stages, which keeps the conversation; ours is for the record."""
    user_params = _user_turns(providers, turn_taking, by_voice_alone=True)
    user_turn, assistant_turn = LLMContextAggregatorPair(LLMContext(), user_params=user_params)
    tell_when_the_floor_is_free(assistant_turn)
    vad = SoundsAndVoice(providers.vad(turn_taking))
    user_turn.add_event_handler("on_user_turn_message_added", lambda *_: answering.turn_began())
    model = providers.model(instructions, answering.tools())
    output = ends.output()

    pipeline = Pipeline([ends.input(), vad, Typing(), user_turn, model, output, assistant_turn])
    return pipeline, Stations(vad, model, user_turn, None, model, model, output, assistant_turn)


def _user_turns(
    providers: Hearing, turn_taking: TurnTaking, *, by_voice_alone: bool = False
) -> LLMUserAggregatorParams:
    """Voice silences the assistant at once; a finished sentence and its final transcript are answered at once."""
    return LLMUserAggregatorParams(
        user_turn_strategies=UserTurnStrategies(
            start=[BargeIn(decide_s=turn_taking.decide_s, by_voice_alone=by_voice_alone)],
            stop=[EndOfTurn(providers.turn(turn_taking))],
        ),
        user_turn_stop_timeout=turn_taking.unfinished_s,
        # A noise that began a turn must not cost a call of the model.
        empty_user_turn=None,
    )
