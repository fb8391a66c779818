"""Callers from whom nothing comes that could be answered: silence, noise, music. None of it costs a call of a model."""

from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg
import numpy as np
import pytest

from pipelines.limits import Limits
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.transports import wire
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds
from tests.doubles import Doubles
from tests.voice_world import RATE_HZ, Caller, doors

# As much at once as a test likes: VAD counts frames and not time.
PATIENT = Limits(speed=1_000, burst_s=1_000)
SECONDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Attentive(Doubles):
    """Doubles that hear words in whatever the real VAD takes for speech."""

    hearing: EmbeddedHearing

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """Return the real one."""
        return self.hearing.vad(turn_taking)


@pytest.fixture(scope="module")
def hearing() -> Iterator[EmbeddedHearing]:
    """The VAD and turn models."""
    models = EmbeddedHearing.load()
    yield models
    models.close()


def noise(*, level: int) -> np.ndarray:
    """White noise; `level` is its standard deviation, of 32,767."""
    return np.random.default_rng(1).normal(0, level, SECONDS * RATE_HZ).clip(-32_767, 32_767)


def music() -> np.ndarray:
    """A chord a second, struck and fading, with overtones."""
    times = np.arange(RATE_HZ) / RATE_HZ
    chords = [(262, 330, 392), (220, 262, 330), (349, 440, 523), (392, 494, 587)] * (SECONDS // 4)
    bars = [
        sum(np.sin(2 * np.pi * tone * over * times) / over for tone in chord for over in (1, 2, 3, 4))
        for chord in chords
    ]
    return np.concatenate([bar * np.exp(-2 * times) for bar in bars]) * 2_000


async def stays_silent(caller: Caller, pcm: bytes, *, message_s: float = 0.02) -> None:
    """Send it all, and make sure that it was taken and that nobody heard anything in it."""
    await caller.ready()
    await caller.hear("bot-stopped-speaking")
    step = round(message_s * RATE_HZ) * 2
    for start in range(0, len(pcm), step):
        await caller.send(wire.Audio(pcm[start : start + step], RATE_HZ))
    # Answered behind all of it.
    await caller.tell("no-such-message")
    await caller.hear("error-response")
    assert caller.told("user-started-speaking") == []


async def test_minutes_of_silence_cost_nothing(pool: asyncpg.Pool) -> None:
    """And whoever speaks after them is answered."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "Yes."

    async with doors(pool, providers=Doubles(answer=answer), limits=PATIENT) as world, world.call() as caller:
        await stays_silent(caller, bytes(180 * RATE_HZ * 2), message_s=1)
        assert asked == []
        await caller.say()
        await caller.hear("bot-stopped-speaking")
        assert asked == ["hello there"]


@pytest.mark.models
@pytest.mark.xdist_group("models")
@pytest.mark.parametrize("sound", [noise(level=300), noise(level=10_000), music()], ids=["hiss", "roar", "music"])
async def test_noise_and_music_are_no_speech(pool: asyncpg.Pool, hearing: EmbeddedHearing, sound: np.ndarray) -> None:
    """For the real VAD, through the real door."""
    providers = Attentive(hearing=hearing)
    async with doors(pool, providers=providers, limits=PATIENT) as world, world.call() as caller:
        await stays_silent(caller, sound.astype("<i2").tobytes())
