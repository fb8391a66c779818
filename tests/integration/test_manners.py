"""What is said at once: a greeting made earlier, a word of patience, an apology."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import asyncpg
import pytest
from pipecat.frames.frames import Frame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines import prepared
from pipelines.prepared import PreparedSpeech
from pipelines.processors import filling
from pipelines.processors.filling import APOLOGY, FILLERS
from tests.doubles import Doubles, ScriptedLlm, ToneTts, loudness, tone
from tests.voice_world import DEADLINE_S, RATE_HZ, Caller, doors

# As loud as nothing else, and no whole number of 20 ms.
PREPARED_LEVEL = 5_000
PREPARED = tone(seconds=0.25, rate_hz=RATE_HZ, level=PREPARED_LEVEL)
# In messages of 40 ms; the last is filled up with silence.
MESSAGES = 7


class SlowLlm(ScriptedLlm):
    """Thinks until it is told to answer."""

    def __init__(self, answer_now: asyncio.Event) -> None:
        super().__init__(lambda _question: "Here it is.")
        self._answer_now = answer_now

    async def think(self) -> None:
        """Wait."""
        await self._answer_now.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowDoubles(Doubles):
    """Providers with a slow model."""

    answer_now: asyncio.Event = field(default_factory=asyncio.Event)

    def llm(self) -> FrameProcessor:
        """Return a SlowLlm."""
        return SlowLlm(self.answer_now)


async def test_a_slow_answer_is_announced_once(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With prepared sound, before the answer; the assistant does not count as speaking, and nothing is written."""
    monkeypatch.setattr(filling, "PATIENCE_S", 0.05)
    providers = SlowDoubles(speeches=dict.fromkeys(FILLERS, PREPARED))
    async with doors(pool, providers=providers, greeting="") as world, world.call() as caller:
        await caller.say()
        while len(_levels(caller)) < MESSAGES:
            await caller.receive()
        assert not caller.told("bot-started-speaking")
        providers.answer_now.set()
        await caller.hear("bot-stopped-speaking")

        assert _levels(caller)[:MESSAGES] == [PREPARED_LEVEL] * MESSAGES
        assert PREPARED_LEVEL not in _levels(caller)[MESSAGES:]
        assert {message["data"]["text"] for message in caller.told("bot-output")} == {"Here it is."}


async def test_a_quick_answer_is_not_announced(pool: asyncpg.Pool) -> None:
    """There is nothing to be patient about."""
    providers = Doubles(speeches=dict.fromkeys(FILLERS, PREPARED))
    async with doors(pool, providers=providers, greeting="") as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-stopped-speaking")

        assert PREPARED_LEVEL not in _levels(caller)


async def test_the_greeting_is_heard_as_it_was_prepared(pool: asyncpg.Pool) -> None:
    """And clients are told of it as of everything that is spoken."""
    providers = Doubles(speeches={"Welcome": PREPARED})
    async with doors(pool, providers=providers, greeting="Welcome") as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")

        assert _levels(caller) == [PREPARED_LEVEL] * MESSAGES
        spoken = [message["data"] for message in caller.told("bot-output")]
        assert [(said["text"], said["spoken_status"]) for said in spoken] == [
            ("Welcome", "new"),
            ("Welcome", "completed"),
        ]


async def test_a_model_that_fails_is_apologised_for(pool: asyncpg.Pool) -> None:
    """Whichever model it is: the caller never waits for an answer that does not come."""

    def answer(_question: str) -> str:
        raise RuntimeError

    async with doors(pool, providers=Doubles(answer=answer), greeting="") as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-stopped-speaking")

        assert [message["data"]["text"] for message in caller.told("bot-output")][-1] == APOLOGY


class CountingTts(ToneTts):
    """Notes what it was asked to say; cannot say "mute"."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(0.1, level=PREPARED_LEVEL)
        self._said = said

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Speak."""
        self._said.append(text)
        if text != "mute":
            async for frame in super().run_tts(text, context_id):
                yield frame


async def test_speech_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used last is kept; what cannot be made is not there, and harms nothing else."""
    monkeypatch.setattr(prepared, "MAX_SPEECHES", 2)
    said: list[str] = []
    speeches = PreparedSpeech(lambda _wishes: CountingTts(said), sample_rate_hz=RATE_HZ)
    async with speeches.making():
        assert speeches.get("mute") is None
        one = await _made(speeches, "one")
        await _made(speeches, "two")
        assert speeches.get("one") == one
        await _made(speeches, "three")

        assert said == ["mute", "one", "two", "three"]
        assert speeches.get("one") == one
        assert (loudness(one), len(one)) == (PREPARED_LEVEL, round(0.1 * RATE_HZ) * 2)
        assert speeches.get("two") is None
    assert len(asyncio.all_tasks()) == 1


async def _made(speeches: PreparedSpeech, text: str) -> bytes:
    async with asyncio.timeout(DEADLINE_S):
        while not (pcm := speeches.get(text)):  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(0.005)
        return pcm


def _levels(caller: Caller) -> list[int]:
    return [loudness(audio.pcm) for audio in caller.audio()]
