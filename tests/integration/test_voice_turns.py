"""Whose turn it is, at the websocket door with doubles for the providers."""

import asyncio
import json

import asyncpg
import pytest
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState

from pipelines.transports.pausable import AGAIN_MIN_S
from tests.doubles import Doubles, loudness
from tests.voice_world import doors

LONG = "word " * 200
# Quieter than what callers say, and loud enough for VAD.
SOUND_LEVEL = 2_000


async def test_a_voice_stops_the_assistant_at_once(pool: asyncpg.Pool) -> None:
    """After the turn has begun at most two of the 40 ms frames under way arrive, and then none."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=1)
        await caller.hear("user-started-speaking")
        before = len(caller.audio())
        await caller.hear("bot-stopped-speaking")
        # A second turn, to hear all that could still have been under way.
        await caller.speak(seconds=0.3, level=0)
        await caller.hear("user-stopped-speaking")

        assert len(caller.audio()) - before <= 2


@pytest.mark.parametrize("sound", ["Mhm.", ""])
async def test_a_listeners_sound_does_not_end_the_sentence(pool: asyncpg.Pool, sound: str) -> None:
    """All of the answer is heard, what came just before the pause twice, and the model is not asked again."""
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return "word " * 10

    def heard(audio: bytes) -> str:
        return "hello there" if loudness(audio) > SOUND_LEVEL else sound

    providers = Doubles(heard=heard, answer=answer, seconds_per_word=0.1)
    async with doors(pool, providers=providers, greeting="") as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=0.2, level=SOUND_LEVEL)
        await caller.speak(seconds=0.8, level=0)
        await caller.hear("bot-stopped-speaking")

        assert 0 <= caller.heard_s() - 10 * 0.1 <= AGAIN_MIN_S
        assert asked == ["hello there"]
        assert len(caller.told("user-started-speaking")) == 1


async def test_audio_never_runs_ahead_of_what_is_heard(pool: asyncpg.Pool) -> None:
    """However fast speech is made: at any moment at most 80 ms and the frame being judged are not yet heard."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        clock = asyncio.get_running_loop().time
        # The answer begins later than this, so that a slow machine can only make it look less far ahead.
        began_s = clock()
        await caller.say()
        while (heard_s := caller.heard_s()) < 2:
            await caller.receive()
            assert heard_s <= clock() - began_s + 0.12


async def test_an_unfinished_sentence_is_answered_after_a_while(pool: asyncpg.Pool) -> None:
    """When the turn model waits for more and no more comes."""
    providers = Doubles(end_of_turn=EndOfTurnState.INCOMPLETE)
    async with doors(pool, providers=providers) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-stopped-speaking")

        assert "You said hello there." in caller.said()


async def test_a_cough_costs_no_model(pool: asyncpg.Pool) -> None:
    """A turn without words is not answered."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "Yes."

    async with doors(pool, providers=Doubles(heard=lambda _audio: "", answer=answer)) as world:
        async with world.call() as caller:
            await caller.say()
            await caller.hear("user-stopped-speaking")
        await world.empty()

    assert asked == []


async def test_typed_text_is_answered(pool: asyncpg.Pool) -> None:
    """RTVI's send-text."""
    async with doors(pool) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.tell("send-text", {"content": "are you open"})
        await caller.hear("bot-stopped-speaking")

        assert "You said are you open." in caller.said()


async def test_two_sessions_do_not_mix(pool: asyncpg.Pool) -> None:
    """Each caller is heard by, and hears, their own assistant."""
    providers = Doubles(heard=lambda audio: f"level {loudness(audio)}")
    async with doors(pool, providers=providers) as world, world.call() as loud, world.call() as soft:
        await asyncio.gather(loud.say(level=9_000), soft.say(level=3_000))
        await asyncio.gather(loud.hear("bot-stopped-speaking"), soft.hear("bot-stopped-speaking"))

        assert "level 9000" in loud.said()
        assert "level 3000" in soft.said()
        assert "level 3000" not in json.dumps(loud.told("user-transcription"))
