"""Who makes a sound while the assistant speaks: a cough pauses it, words end it. Time is counted in frames of audio."""

import asyncio

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

from pipelines.transports.pausable import Gate
from pipelines.turns.backchannels import asks_for_the_floor
from tests.floor import Floor

FRAME = InputAudioRawFrame(bytes(640), 16_000, 1)  # 20 ms
FRAMES_TO_DECIDE = 25
VOICE, SILENCE = VADUserStartedSpeakingFrame(), VADUserStoppedSpeakingFrame()


def words(text: str) -> TranscriptionFrame:
    """What was said, finally."""
    return TranscriptionFrame(text, "", "")


def guess(text: str) -> InterimTranscriptionFrame:
    """What was said so far."""
    return InterimTranscriptionFrame(text, "", "")


async def speaking() -> Floor:
    """The assistant speaks."""
    return await Floor().hear(BotStartedSpeakingFrame())


class TestBargeIn:
    """Pause at once, then resume or yield."""

    async def test_while_the_assistant_is_silent_a_voice_begins_a_turn(self) -> None:
        """There is nothing to pause."""
        assert (await Floor().hear(VOICE)).did == ["turn"]
        assert (await (await speaking()).hear(BotStoppedSpeakingFrame(), VOICE)).did == ["turn"]

    async def test_words_too_soft_for_vad_begin_a_turn(self) -> None:
        """As long as nobody speaks over them."""
        assert (await Floor().hear(words("yeah"))).did == ["turn"]

    async def test_a_cough_pauses_for_exactly_the_time_to_decide(self) -> None:
        """No words come of it."""
        floor = await (await speaking()).hear(VOICE, *[FRAME] * 10, SILENCE, *[FRAME] * (FRAMES_TO_DECIDE - 11))
        assert floor.did == ["pause"]
        assert (await floor.hear(FRAME)).did == ["pause", "resume"]

    async def test_mhm_resumes_as_soon_as_it_is_understood(self) -> None:
        """And is forgotten, so that no turn begins with it."""
        floor = await (await speaking()).hear(VOICE, FRAME, SILENCE, FRAME, words("Mhm."))
        assert floor.did == ["pause", "resume", "forget"]

    async def test_a_voice_that_goes_on_gets_the_floor(self) -> None:
        """Whatever it says."""
        floor = await (await speaking()).hear(VOICE, *[FRAME] * FRAMES_TO_DECIDE)
        assert floor.did == ["pause", "turn"]

    async def test_words_get_the_floor_at_once(self) -> None:
        """The first guess is enough."""
        floor = await (await speaking()).hear(VOICE, *[FRAME] * 5, guess("Wait, what"))
        assert floor.did == ["pause", "turn"]

    async def test_a_long_yeah_does_not_stop_the_assistant_until_more_comes(self) -> None:
        """After the time to decide it goes on; the caller's words interrupt it all the same."""
        floor = await (await speaking()).hear(VOICE, guess("Yeah, yeah"), *[FRAME] * FRAMES_TO_DECIDE)
        assert floor.did == ["pause", "resume"]
        assert (await floor.hear(guess("Yeah, yeah, but on Sunday"))).did == ["pause", "resume", "turn"]

    async def test_words_that_come_late_interrupt(self) -> None:
        """A slow transcript of a short "no" is not lost."""
        floor = await (await speaking()).hear(VOICE, SILENCE, *[FRAME] * FRAMES_TO_DECIDE, words("No!"))
        assert floor.did == ["pause", "resume", "turn"]

    async def test_a_cough_before_the_answer_does_not_lose_it(self) -> None:
        """The answer to what was asked is still on its way."""
        floor = await (await Floor().hear(VOICE, words("How much?"))).end_turn()
        assert (await floor.hear(VOICE)).did == ["turn", "pause"]

    async def test_after_a_turn_without_words_no_answer_is_expected(self) -> None:
        """So the next voice has the floor at once."""
        floor = await (await Floor().hear(VOICE)).end_turn()
        assert (await floor.hear(VOICE)).did == ["turn", "turn"]

    async def test_somebody_elses_interruption_ends_the_pause(self) -> None:
        """A typed message has dropped what was held back."""
        floor = await (await speaking()).hear(VOICE, InterruptionFrame(), *[FRAME] * FRAMES_TO_DECIDE)
        assert floor.did == ["pause"]


class TestGate:
    """What is held back is neither sent nor lost."""

    async def test_held_back_until_it_opens(self) -> None:
        """Then it passes."""
        gate = Gate()
        assert await gate.passed()
        gate.close()
        waiting = asyncio.create_task(gate.passed())
        await asyncio.sleep(0)
        assert not waiting.done()
        gate.open()
        assert await waiting

    async def test_dropped_while_held_back(self) -> None:
        """It does not pass; what comes after does."""
        gate = Gate()
        gate.close()
        waiting = asyncio.create_task(gate.passed())
        await asyncio.sleep(0)
        gate.drop()
        assert not await waiting
        assert await gate.passed()

    async def test_nobody_waits_for_ever(self) -> None:
        """If nobody decides, it opens."""
        gate = Gate(longest_s=0)
        gate.close()
        assert await gate.passed()


LISTENING = (
    "Mhm.|Mm-hmm.|Uh-huh.|Yeah.|Yeah, yeah.|Okay.|Oh, okay, got it.|I see.|That's great, thank you.|Right, right."
    "|Hahaha.|[cough]|(laughs)|*sniffs*|You|Thank you for watching!|Of course.|"
)
SPEAKING = "Wait, what about Sunday?|No.|Stop.|Yes.|Yeah, but how much?|What?|Okay, and Sunday?|Is it good?|42|Hello?"


@pytest.mark.parametrize("text", LISTENING.split("|"))
def test_listening(text: str) -> None:
    """Sounds of a listener do not ask for the floor."""
    assert not asks_for_the_floor(text)


@pytest.mark.parametrize("text", SPEAKING.split("|"))
def test_asking_for_the_floor(text: str) -> None:
    """Words of a speaker do, though they begin like a listener's."""
    assert asks_for_the_floor(text)
