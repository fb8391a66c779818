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

from pipelines.transports.pausable import AGAIN_MAX_S, AGAIN_MIN_S, SPEAKING_S, Gate, Sent
from pipelines.turns.backchannels import agrees, asks_for_the_floor
from pipelines.turns.saying import AnswerMadeFrame, SayingFrame
from pipelines.turns.sounds import SoundFrame
from tests.doubles import EnergyVad, tone
from tests.floor import Floor

FRAME = InputAudioRawFrame(bytes(640), 16_000, 1)  # 20 ms
FRAMES_TO_DECIDE = 25
VOICE, SILENCE = VADUserStartedSpeakingFrame(), VADUserStoppedSpeakingFrame()
SOUND, NO_SOUND = SoundFrame(), SoundFrame(heard=False)


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

    async def test_a_sound_pauses_until_it_is_over(self) -> None:
        """If VAD does not take it for a voice."""
        floor = await (await speaking()).hear(SOUND, *[FRAME] * 5)
        assert floor.did == ["pause"]
        assert (await floor.hear(NO_SOUND)).did == ["pause", "resume"]

    async def test_a_sound_begins_no_turn(self) -> None:
        """However long it is, and whoever is silent."""
        assert (await Floor().hear(SOUND, *[FRAME] * FRAMES_TO_DECIDE)).did == []
        assert (await (await speaking()).hear(SOUND, *[FRAME] * FRAMES_TO_DECIDE)).did == ["pause", "resume"]

    async def test_a_sound_that_becomes_a_voice_pauses_once(self) -> None:
        """And the time to decide runs from the sound."""
        floor = await (await speaking()).hear(SOUND, *[FRAME] * 10, VOICE, *[FRAME] * (FRAMES_TO_DECIDE - 10))
        assert floor.did == ["pause", "turn"]

    async def test_a_voice_that_has_just_ended_does_not_get_the_floor(self) -> None:
        """VAD needs a while longer to be sure of its end; its words may still come."""
        floor = await (await speaking()).hear(SOUND, *[FRAME] * 10, VOICE, *[FRAME] * 10, NO_SOUND, *[FRAME] * 5)
        assert floor.did == ["pause", "resume"]
        assert (await floor.hear(SILENCE, words("No!"))).did == ["pause", "resume", "turn"]

    async def test_who_goes_on_with_yeah_does_not_pause_again(self) -> None:
        """It is one and the same voice, and known to listen."""
        floor = await (await speaking()).hear(VOICE, guess("Yeah, yeah"), *[FRAME] * FRAMES_TO_DECIDE, NO_SOUND, SOUND)
        assert floor.did == ["pause", "resume"]

    async def test_yeah_answers_a_question(self) -> None:
        """Of the assistant's, while it is asked; hesitation and noise do not."""
        floor = await (await speaking()).hear(SayingFrame("It is $29."), SayingFrame("Shall I put one aside?"))
        assert (await floor.hear(VOICE, words("Um."))).did == ["pause", "resume", "forget"]
        assert (await floor.hear(VOICE, words("Yeah."))).did == ["pause", "resume", "forget", "pause", "turn"]

    async def test_yeah_after_a_question_only_listens(self) -> None:
        """Once the assistant says something else."""
        floor = await (await speaking()).hear(SayingFrame("Do you know what?"), SayingFrame("It is $29."))
        assert (await floor.hear(VOICE, words("Yeah."))).did == ["pause", "resume", "forget"]

    async def test_between_the_parts_of_an_answer_a_sound_does_not_end_it(self) -> None:
        """The assistant has said "Yes," and the rest is still being made."""
        floor = await (await Floor().hear(VOICE, words("Is it?"))).end_turn()
        floor.did.clear()
        await floor.hear(BotStartedSpeakingFrame(), BotStoppedSpeakingFrame())
        assert (await floor.hear(VOICE)).did == ["pause"]

    async def test_after_the_answer_a_voice_begins_a_turn(self) -> None:
        """All of it has been made and said."""
        floor = await (await Floor().hear(VOICE, words("Is it?"))).end_turn()
        floor.did.clear()
        await floor.hear(BotStartedSpeakingFrame(), AnswerMadeFrame(), BotStoppedSpeakingFrame())
        assert (await floor.hear(VOICE)).did == ["turn"]

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


class TestSounds:
    """Noticed window by window, of 20 ms here."""

    @pytest.mark.parametrize(("voiced", "sounding"), [(1, False), (4, False), (5, True)])
    async def test_a_click_is_no_sound(self, voiced: int, sounding: bool) -> None:  # noqa: FBT001 - a parameter
        """It takes a tenth of a second."""
        assert (await _after(tone(seconds=voiced * 0.02, rate_hz=16_000))).sounding is sounding

    async def test_clicks_do_not_add_up(self) -> None:
        """Each begins anew."""
        click = tone(seconds=0.06, rate_hz=16_000) + bytes(640)
        assert not (await _after(click * 4)).sounding

    @pytest.mark.parametrize(("silent", "sounding"), [(4, True), (7, False)])
    async def test_a_short_gap_ends_nothing(self, silent: int, sounding: bool) -> None:  # noqa: FBT001 - a parameter
        """A pause does."""
        assert (await _after(tone(seconds=0.1, rate_hz=16_000) + bytes(640) * silent)).sounding is sounding


async def _after(pcm: bytes) -> EnergyVad:
    vad = EnergyVad()
    vad.set_sample_rate(16_000)
    await vad.analyze_audio(pcm)
    return vad


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


class TestSent:
    """What is said again after a pause."""

    def test_from_where_it_was_quietest(self) -> None:
        """So that a word is whole; at least 200 ms, at most 400."""
        sent = Sent(chunk_s=0.02)
        chunks = [tone(seconds=0.02, rate_hz=16_000, level=level) for level in (0, *[900] * 7, 50, *[900] * 13, 0)]
        for at, chunk in enumerate(chunks):
            sent.add(chunk, at_s=at * 0.02)
        assert sent.again() == chunks[8:]

    def test_without_a_quiet_place(self) -> None:
        """As little as may be."""
        sent = Sent(chunk_s=0.02)
        for _ in range(round(2 * AGAIN_MAX_S / 0.02)):
            sent.add(tone(seconds=0.02, rate_hz=16_000), at_s=1.0)
        sent.forget_older(at_s=1.02)
        assert len(sent.again()) == round(AGAIN_MIN_S / 0.02)

    def test_what_was_over_before_the_pause_is_not_said_again(self) -> None:
        """Nor is what was over before the sentence that was held."""
        sent = Sent(chunk_s=0.02)
        sent.add(b"\1\0", at_s=1.0)
        sent.add(b"\2\0", at_s=1.01 + SPEAKING_S)
        assert sent.again() == [b"\2\0"]
        sent.forget_older(at_s=1.02 + 2 * SPEAKING_S)
        assert sent.again() == []


LISTENING = (
    "Mhm.|Mm-hmm.|Uh-huh.|Yeah.|Yeah, yeah.|Okay.|Oh, okay, got it.|I see.|That's great, thank you.|Right, right."
    "|Hahaha.|[cough]|(laughs)|*sniffs*|You|Thank you for watching!|Of course.|Them.|Mum,|"
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


@pytest.mark.parametrize(
    "text", ["Yeah.", "Okay.", "Mm-hmm.", "Mhm.", "Uh-huh.", "Sure, thank you.", "Of course.", "Oh, right."]
)
def test_agreeing(text: str) -> None:
    """Words that answer a question."""
    assert agrees(text)


@pytest.mark.parametrize("text", ["Um.", "Oh.", "Hmm.", "Hahaha.", "You", "Thank you for watching!", "[cough]", ""])
def test_answering_nothing(text: str) -> None:
    """Sounds that answer none."""
    assert not agrees(text)
