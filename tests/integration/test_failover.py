"""Several providers for one stage: the next takes over within the turn."""

from collections.abc import Sequence

import pytest
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.errors import ErrorCategory

from pipelines.providers.failover import COOL_OFF_S, HEARING, SPEAKING, THINKING, Circuit, Failover, Work
from tests.services import frames, listening

ANSWERED = {HEARING: TranscriptionFrame, THINKING: LLMTextFrame, SPEAKING: TTSAudioRawFrame}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time it stands at."""
        return self.now_s


class Provider(FrameProcessor):
    """A provider of any stage that answers, fails, says nothing, or breaks off."""

    def __init__(self, name: str, *, mood: str = "well") -> None:
        super().__init__(name=name)
        self.mood = mood
        self.asked: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer what ends a question."""
        await super().process_frame(frame, direction)
        if isinstance(frame, (InputAudioRawFrame, LLMContextFrame, LLMTextFrame, TTSSpeakFrame)):
            self.asked.append(frame)
        if isinstance(frame, (LLMContextFrame, TTSSpeakFrame, LLMFullResponseEndFrame, VADUserStoppedSpeakingFrame)):
            await self._answer(frame)
        if not isinstance(frame, (LLMContextFrame, LLMTextFrame, TTSSpeakFrame)):
            await self.push_frame(frame, direction)

    async def _answer(self, frame: Frame) -> None:
        if self.mood == "silent":
            return
        if self.mood != "failing":
            await self.push_frame(self._said(frame))
        if self.mood in {"failing", "breaking off"}:
            await self.push_error("no connection", category=ErrorCategory.CONNECTIVITY)

    def _said(self, frame: Frame) -> Frame:
        if isinstance(frame, LLMContextFrame):
            return LLMTextFrame(self.name)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            return TranscriptionFrame(self.name, "", "")
        return TTSAudioRawFrame(self.name.encode().ljust(8), 16_000, 1)


def asked(work: Work) -> list[Frame]:
    """One question to a stage."""
    audio: list[Frame] = [InputAudioRawFrame(bytes(640), 16_000, 1) for _ in range(5)]
    if work is HEARING:
        return [*audio, VADUserStartedSpeakingFrame(), *audio, VADUserStoppedSpeakingFrame()]
    if work is THINKING:
        return [LLMContextFrame(LLMContext([{"role": "user", "content": "Hello?"}]))]
    return [LLMFullResponseStartFrame(), LLMTextFrame("Good morning."), LLMFullResponseEndFrame()]


def answers(down: Sequence[Frame]) -> list[str]:
    """Who answered."""
    said = {TranscriptionFrame: lambda f: f.text, LLMTextFrame: lambda f: f.text, TTSAudioRawFrame: lambda f: f.audio}
    return [
        text.decode().strip() if isinstance(text, bytes) else text
        for frame in down
        if type(frame) in said and (text := said[type(frame)](frame)) != "Good morning."
    ]


@pytest.mark.parametrize("work", [HEARING, THINKING, SPEAKING])
async def test_the_next_answers_the_same_question(work: Work) -> None:
    """A provider that fails before it gave anything costs the caller no answer, and nothing goes out twice."""
    first, second = Provider("first", mood="failing"), Provider("second")
    failover = Failover([(first, Circuit("first")), (second, Circuit("second"))], work)
    question = asked(work)
    down = await frames(failover, question, lambda down: len(answers(down)) == 1)
    assert answers(down) == ["second"]
    assert second.asked == first.asked != []
    passed_on = [frame.id for frame in down]
    assert len(passed_on) == len(set(passed_on))


async def test_silence_is_a_failure() -> None:
    """Who does not answer in time is passed over."""
    first, second = Provider("first", mood="silent"), Provider("second")
    failover = Failover([(first, Circuit("first")), (second, Circuit("second"))], THINKING, patience_s=0.05)
    assert answers(await frames(failover, asked(THINKING), lambda down: len(answers(down)) == 1)) == ["second"]


async def test_a_failed_provider_is_left_alone_for_a_while() -> None:
    """All conversations avoid it until its circuit closes; then it is asked first again."""
    clock = Clock()
    circuits = Circuit("first", now_s=clock), Circuit("second", now_s=clock)
    failing = Provider("first", mood="failing")

    async def answer_of(first: Provider) -> str:
        failover = Failover(list(zip((first, Provider("second")), circuits, strict=True)), THINKING)
        (answer,) = answers(await frames(failover, asked(THINKING), lambda down: len(answers(down)) == 1))
        return answer

    assert await answer_of(failing) == "second"
    well = Provider("first")
    assert await answer_of(well) == "second"
    assert well.asked == []
    clock.now_s = COOL_OFF_S
    assert await answer_of(Provider("first")) == "first"


async def test_half_an_answer_is_not_said_again() -> None:
    """When a provider breaks off, the rest of the pipeline is told, and the next question goes to the next provider."""
    first, second = Provider("first", mood="breaking off"), Provider("second")
    failover = Failover([(first, Circuit("first")), (second, Circuit("second"))], THINKING)
    async with listening(failover, lambda down: len(answers(down)) == 1) as listener:
        await listener.worker.queue_frames(asked(THINKING))
        await listener.told.wait()
        assert listener.errors == ["The answer broke off"]
        listener.expect(lambda down: len(answers(down)) == 2)
        await listener.worker.queue_frames(asked(THINKING))
        await listener.satisfied.wait()
        assert answers(listener.down) == ["first", "second"]
        listener.errors.clear()


async def test_when_all_fail_the_pipeline_is_told() -> None:
    """The last one's error is not swallowed."""
    both = [Provider("first", mood="failing"), Provider("second", mood="failing")]
    failover = Failover([(provider, Circuit(provider.name)) for provider in both], THINKING)
    async with listening(failover, lambda _down: False) as listener:
        await listener.worker.queue_frames(asked(THINKING))
        await listener.told.wait()
        assert [len(provider.asked) for provider in both] == [1, 1]
        listener.errors.clear()
