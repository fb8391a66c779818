"""What the model is given to read while the caller speaks."""

from typing import cast

import pytest
from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    LLMContextAssistantTurnFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.grounding.grounder import Grounding
from pipelines.processors.reading_ahead import ReadAheadFrame, ReadingAhead
from tests.shop import ASSISTANT, THURSDAY_2_PM, Shelf

NOTHING_YET = "Facts: none\nCaller: "
MONSTERA_FACT = "Facts:\n- Monstera: $38. It's about two feet tall.\n"


def guess(text: str) -> list[Frame]:
    """What the caller has said so far, and time to look it up."""
    return [InterimTranscriptionFrame(text, "", ""), SleepFrame()]


def heard(text: str) -> list[Frame]:
    """What the caller has said up to a pause."""
    return [TranscriptionFrame(text, "", "", finalized=True), SleepFrame()]


async def read(*frames: Frame, shelf: Shelf | None = None, context: LLMContext | None = None) -> list[list[object]]:
    """The messages that the model is given, time after time."""
    grounding = Grounding(ASSISTANT, shelf or Shelf(), now=THURSDAY_2_PM)
    reading_ahead = ReadingAhead(grounding, grounding, context or LLMContext())
    down, _ = await run_test(reading_ahead, frames_to_send=[SleepFrame(), *frames])
    return [
        [cast(dict[str, object], message)["content"] for message in frame.messages]
        for frame in down
        if isinstance(frame, ReadAheadFrame)
    ]


async def test_what_was_heard_twice_is_read() -> None:
    """The end of a guess may be half a word; the next guess shows."""
    guesses = ["Is the.", "Is the monster", "Is the monstera poison", "Is the monstera poisonous to"]
    assert await read(*(frame for text in guesses for frame in guess(text))) == [
        [NOTHING_YET],
        ["Facts: none\nCaller: Is the"],
        [f"{MONSTERA_FACT}Caller: Is the monstera"],
    ]


async def test_what_the_store_answers_itself_is_not_read() -> None:
    """Nor is anything read twice."""
    guesses = [*guess("Do you deliver"), *guess("Do you deliver")]
    assert await read(*guesses, VADUserStartedSpeakingFrame(), SleepFrame()) == [[NOTHING_YET]]


async def test_a_question_goes_on_after_a_pause() -> None:
    """Until the turn is over, and then the next one begins afresh."""
    first = [*heard("I have a monstera."), *guess("Is it p"), *guess("Is it poisonous"), *heard("Is it poisonous?")]
    turns = [*first, UserStoppedSpeakingFrame(), *guess("Well, I"), *guess("Well, if")]
    assert await read(*turns) == [
        [NOTHING_YET],
        [f"{MONSTERA_FACT}Caller: I have a monstera. Is it"],
        ["Facts: none\nCaller: Well,"],
    ]


async def test_the_conversation_is_read_as_it_grows() -> None:
    """As soon as the assistant has spoken, and what it says is not touched."""
    context = LLMContext([{"role": "assistant", "content": "Hello."}])
    frames = [LLMContextAssistantTurnFrame("Hello.", ""), SleepFrame()]
    assert await read(*frames, context=context) == [["Hello.", NOTHING_YET]]
    assert context.messages == [{"role": "assistant", "content": "Hello."}]


@pytest.mark.parametrize("words", ["Is the monstera poisonous", "Do you deliver"])
async def test_without_a_database_nothing_is_known_ahead(words: str) -> None:
    """The question itself will tell."""
    assert await read(*guess(words), *guess(words), shelf=Shelf(away=True)) == [[NOTHING_YET]]


async def test_every_frame_passes() -> None:
    """Whoever decides about turns sees the guesses too."""
    grounding = Grounding(ASSISTANT, Shelf(), now=THURSDAY_2_PM)
    reading_ahead = ReadingAhead(grounding, grounding, LLMContext())
    down, _ = await run_test(reading_ahead, frames_to_send=[*guess("Is the monstera poison"), *heard("Is it?")])
    assert {InterimTranscriptionFrame, TranscriptionFrame} <= {type(frame) for frame in down}
