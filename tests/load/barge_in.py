"""`make bench-barge-in`: how soon the assistant falls silent when somebody speaks over it.

A caller on a real websocket speaks over an endless answer, in front of the real VAD; words, answers and voice are
doubles. Times run from the frame with the first voiced sample, as it is sent, to the last audio before the assistant
is silent. Sounds that want nothing must not silence it for longer than half a second. The last line is JSON.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice, pairwise
from pathlib import Path

import numpy as np

from pipelines.caller.recordings import voiced_samples
from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.providers.embedded.speech import HibariEngine
from pipelines.transports import wire
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds
from server import database, logs
from tests.doubles import CHUNK_S, Doubles
from tests.voice_world import RATE_HZ, Caller, doors

INTERRUPTIONS = 30
DISTURBANCES = 20
PHRASES = (
    "Wait, what about Sunday?",
    "No, stop.",
    "Excuse me.",
    "How much is it?",
    "Hang on a second.",
    "Actually, no.",
)
# What is shorter was only late.
PAUSE_S = 0.1
STEADY_FRAMES = 25
FRAME_BYTES = round(RATE_HZ * CHUNK_S) * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Attentive(Doubles):
    """Doubles behind the real VAD."""

    hearing: EmbeddedHearing

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """Return the real one."""
        return self.hearing.vad(turn_taking)


@dataclass(slots=True)
class Line:
    """A caller whose microphone never stops, and when each frame of the assistant's came."""

    caller: Caller
    heard_s: list[float] = field(default_factory=list)
    _speech: bytes = b""
    _began_s: float = 0.0

    async def speak(self) -> None:
        """Send a frame every 20 ms: speech, or else silence."""
        due_s = time.perf_counter()
        while True:
            await asyncio.sleep(due_s - time.perf_counter())
            due_s += CHUNK_S
            frame, self._speech = self._speech[:FRAME_BYTES], self._speech[FRAME_BYTES:]
            if frame and not self._began_s:
                self._began_s = time.perf_counter()
            await self.caller.send(wire.Audio(frame.ljust(FRAME_BYTES, b"\0"), RATE_HZ))

    async def listen(self) -> None:
        """Note what comes."""
        while True:
            if isinstance(await self.caller.next(), wire.Audio):
                self.heard_s.append(time.perf_counter())

    async def say(self, pcm: bytes) -> list[tuple[float, float]]:
        """Say it over the assistant; return when each of the assistant's pauses began and how long it was."""
        while not self._steady():  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(CHUNK_S)
        self._began_s, self._speech = 0.0, pcm
        await asyncio.sleep(len(pcm) / BYTES_PER_SAMPLE / RATE_HZ + 1)
        heard_s = [at_s - self._began_s for at_s in self.heard_s[-200:]]
        heard_s.append(time.perf_counter() - self._began_s)
        return [(one, other - one) for one, other in pairwise(heard_s) if other - one >= PAUSE_S and other > 0]

    def _steady(self) -> bool:
        recent = [*self.heard_s[-STEADY_FRAMES:], time.perf_counter()]
        return len(recent) > STEADY_FRAMES and all(other - one < PAUSE_S for one, other in pairwise(recent))


async def measure(url: str) -> dict[str, int]:
    """Interrupt, then disturb."""
    hearing, voice = EmbeddedHearing.load(), HibariEngine.load()
    said = {phrase: await spoken(voice, phrase) for phrase in (*PHRASES, "Uh.", "Mm-hmm.")}
    voice.close()
    phrases = [said[phrase] for phrase in PHRASES]
    syllable = said["Uh."][: round(0.15 * RATE_HZ) * BYTES_PER_SAMPLE]
    sounds = [*bursts(), syllable, said["Mm-hmm."]]
    words = "Tell me everything."
    providers = Attentive(hearing=hearing, heard=lambda _audio: words, answer=lambda _question: "word " * 600)
    async with (
        database.open_pool(url) as pool,
        doors(pool, providers=providers, greeting="word " * 600) as world,
        world.call() as caller,
    ):
        line = Line(caller)
        await caller.ready()
        tasks = [asyncio.create_task(line.speak()), asyncio.create_task(line.listen())]
        stopped_s = [(await line.say(phrase))[0][0] for phrase in islice(cycle(phrases), INTERRUPTIONS)]
        words = "Mm-hmm."
        paused_s = [
            max((pause_s for _, pause_s in await line.say(sound)), default=0.0)
            for sound in islice(cycle(sounds), DISTURBANCES)
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    hearing.close()
    return report(stopped_s, paused_s)


def report(stopped_s: Sequence[float], paused_s: Sequence[float]) -> dict[str, int]:
    """What was measured, in ms."""
    return {
        "interruptions": len(stopped_s),
        "silent_after_p50_ms": round(statistics.median(stopped_s) * 1000),
        "silent_after_p95_ms": round(statistics.quantiles(stopped_s, n=20, method="inclusive")[-1] * 1000),
        "sounds": len(paused_s),
        "sounds_that_paused": sum(pause_s > 0 for pause_s in paused_s),
        "longest_pause_ms": round(max(paused_s) * 1000),
    }


async def spoken(voice: HibariEngine, text: str) -> bytes:
    """`text` aloud, from its first voiced sample to its last."""
    pcm = b"".join([part async for part in voice.speak(text, sample_rate_hz=RATE_HZ)])
    first, last = voiced_samples(pcm, rate_hz=RATE_HZ)
    return pcm[first * BYTES_PER_SAMPLE : last * BYTES_PER_SAMPLE]


def bursts() -> Iterator[bytes]:
    """A click, a clap and a cough, as noise that fades."""
    random = np.random.default_rng(0)
    for seconds, times in ((0.01, 1), (0.08, 1), (0.2, 2)):
        samples = round(seconds * RATE_HZ)
        burst = random.normal(0, 8_000, samples) * np.exp(-np.linspace(0, 4, samples))
        yield (burst.clip(-32_767, 32_767).astype("<i2").tobytes() + bytes(FRAME_BYTES * 5)) * times


def main() -> None:
    """Measure, and end with one line of JSON."""
    logs.configure("WARNING")
    with tempfile.TemporaryDirectory() as folder, database.embedded(Path(folder)) as url:
        database.migrate(url)
        print(json.dumps(asyncio.run(measure(url))))


if __name__ == "__main__":
    main()
