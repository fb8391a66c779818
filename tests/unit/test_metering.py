"""What a turn took: its place in the recording, what providers counted, and what went unheard."""

import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    LLMTextFrame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import LLMTokenUsage, LLMUsageMetricsData, TTSUsageMetricsData
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.utils.text.base_text_aggregator import TextType

from pipelines.conversations.records import AnsweredBy, Span, Usage
from pipelines.processors.filling import PreparedSpeechFrame
from pipelines.processors.metering import AssistantMeter, CallerMeter
from pipelines.providers.names import named
from tests.doubles import PassOn

AUDIO = TTSAudioRawFrame(bytes(640), 16_000, 1)


class Clock:
    """Milliseconds of a recording."""

    now_ms = 0

    def __call__(self) -> int:
        """Return the time it stands at."""
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    """At the beginning."""
    return Clock()


def service(name: str) -> FrameProcessor:
    """A service of this provider."""
    return named(PassOn(), name)


def test_a_callers_turn(clock: Clock) -> None:
    """It begins where the speech did, not where that was sure; pauses are in it, and not paid for."""
    meter = CallerMeter(clock)
    for at_ms, frame in (
        (1_200, VADUserStartedSpeakingFrame(start_secs=0.2)),
        (2_300, VADUserStoppedSpeakingFrame(stop_secs=0.3)),
        (4_200, VADUserStartedSpeakingFrame(start_secs=0.2)),
        (5_300, VADUserStoppedSpeakingFrame(stop_secs=0.3)),
    ):
        clock.now_ms = at_ms
        meter.note_speech(PassOn(), frame)
    meter.note_transcript(service("deepgram"), TranscriptionFrame("How much?", "", ""))
    assert meter.take() == (Span(1_000, 5_000), Usage(stt="deepgram", speech_ms=2_000))
    # What is typed comes without sound.
    assert meter.take() == (None, None)


def test_an_assistants_turn(clock: Clock) -> None:
    """It is where it was sent, and adds up what its sentences took."""
    meter, llm, tts = AssistantMeter(clock), service("groq"), service("cartesia")
    meter.note_model(llm, LLMTextFrame("Four euros."))
    for _ in range(2):
        usage = LLMTokenUsage(prompt_tokens=100, completion_tokens=7, total_tokens=107)
        meter.note_model(llm, MetricsFrame([LLMUsageMetricsData(processor="x", model="large", value=usage)]))
        meter.note_voice(tts, MetricsFrame([TTSUsageMetricsData(processor="x", value=11)]))
    for clock.now_ms in (3_020, 3_040, 3_060):
        meter.note_wire(PassOn(), AUDIO)
    span, used, unheard = meter.take("Four euros.", interrupted=False, answered_by=AnsweredBy.MODEL)
    assert (span, unheard) == (Span(3_000, 3_060), "")
    assert used == Usage(
        llm="groq", llm_model="large", input_tokens=200, output_tokens=14, tts="cartesia", characters=22
    )


def test_a_quoted_answer_asked_no_model(clock: Clock) -> None:
    """Though its text passes where the model stands."""
    meter = AssistantMeter(clock)
    meter.note_model(service("groq"), LLMTextFrame("Four euros."))
    assert meter.take("Four euros.", interrupted=False, answered_by=AnsweredBy.GROUNDED)[1] is None


@pytest.mark.parametrize(
    ("heard", "interrupted", "unheard"),
    [
        ("Hello, this is Ivy. We are open", True, "from nine to five."),
        ("Hello, this is Ivy. We are open from nine to five.", True, ""),
        ("Hello, this", False, ""),
        # What cannot be laid beside what was made is rather left out than guessed.
        ("Something else", True, ""),
    ],
)
def test_what_went_unheard(clock: Clock, heard: str, interrupted: bool, unheard: str) -> None:  # noqa: FBT001 - a case
    """The words that were ready when the caller cut in, of sentences from memory as of new ones; once."""
    meter, tts = AssistantMeter(clock), service("embedded")
    meter.note_voice(tts, PreparedSpeechFrame("Hello, this is Ivy.", b""))
    sentence = AggregatedTextFrame("We are open from nine to five.", TextType.SENTENCE)
    sentence.will_be_spoken = True
    meter.note_voice(tts, sentence)
    assert meter.take(heard, interrupted=interrupted, answered_by=None)[2] == unheard
    assert meter.take("Hello.", interrupted=True, answered_by=None)[2] == ""
