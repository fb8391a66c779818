"""What the conversation keeps of an answer that was cut off."""

import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    CancelFrame,
    Frame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.text.base_text_aggregator import TextType

from pipelines.processors.heard import Heard
from tests.doubles import PassOn

SENTENCE = "We are open from nine to six."
AUDIO = TTSAudioRawFrame(bytes(3_200), 16_000, 1)  # 100 ms
SENTENCE_FRAMES = len(SENTENCE)  # a letter a frame


class Ear(Heard):
    """What it passes on."""

    def __init__(self) -> None:
        self.tts = PassOn()
        self.passed: list[Frame] = []
        super().__init__(self.tts)

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:  # noqa: ARG002 - pipecat's signature
        """Keep it."""
        self.passed.append(frame)

    async def made(self, *frames: Frame) -> None:
        """What the voice has made."""
        for frame in frames:
            self.note_made(self.tts, frame)

    async def played(self, *frames: Frame) -> None:
        """What the output has played."""
        for frame in frames:
            await self.note_played(frame)

    def heard(self) -> str:
        """The text that arrived before the interruption."""
        return " ".join(frame.text for frame in self.passed if isinstance(frame, TTSTextFrame))


def announced() -> AggregatedTextFrame:
    """A sentence that will be spoken."""
    frame = AggregatedTextFrame(SENTENCE, TextType.SENTENCE)
    frame.will_be_spoken = True
    return frame


@pytest.mark.parametrize("end", [InterruptionFrame(), CancelFrame()])
@pytest.mark.parametrize(
    ("frames", "heard"), [(0, ""), (5, "We are"), (12, "We are open"), (24, "We are open from nine to"), (29, SENTENCE)]
)
async def test_words_count_as_heard_from_their_middle(end: Frame, frames: int, heard: str) -> None:
    """In proportion to what was played of all that was made."""
    ear, sentence = Ear(), announced()
    await ear.made(sentence, *[AUDIO] * SENTENCE_FRAMES, TTSTextFrame(SENTENCE, TextType.SENTENCE))
    await ear.played(sentence, *[AUDIO] * frames, end)
    assert ear.heard() == heard


async def test_what_is_still_being_made_is_not_taken_for_heard() -> None:
    """The voice has made a second of two, and all of it was played."""
    ear, sentence = Ear(), announced()
    await ear.made(sentence, *[AUDIO] * 10)
    await ear.played(sentence, *[AUDIO] * 10, InterruptionFrame())
    assert ear.heard() == "We are open from"


async def test_a_sentence_heard_to_its_end_is_told_once() -> None:
    """By the voice."""
    ear, sentence = Ear(), announced()
    told = TTSTextFrame(SENTENCE, TextType.SENTENCE)
    await ear.made(sentence, AUDIO, told)
    await ear.played(sentence, AUDIO, told, InterruptionFrame())
    assert ear.heard() == ""
