"""`make bench-phone`: what the telephone adds, and how soon it falls silent.

One server with the real VAD and doubles for words, answers and voice, rung by a Twilio of our own. Two things: the time
from the caller's last sound to the first of the answer, in turns over the telephone and over a websocket of the same
server; and from a caller's first sound over an endless answer, as its frame is sent, to `clear`. The last line is JSON.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import soxr

from pipelines.caller.client import VoiceClient, open_http
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.providers.embedded.speech import HibariEngine
from server import database, demo, logs
from telephony.twilio.messages import FRAME_MS, RATE_HZ, encoded
from telephony.twilio.simulator.leg import Leg
from tests.load.barge_in import PHRASES, Attentive, spoken
from tests.phone_world import PhoneWorld, phone_world
from tests.voice_world import RATE_HZ as WIDE_HZ

TURNS = 20
INTERRUPTIONS = 20
STEADY_S = 0.5
HEARD = "Tell me a story about a knight."
SHORT, ENDLESS = "Of course.", "word " * 600


@dataclass(slots=True)
class Script:
    """What the doubles answer now; they understand always the same."""

    answer: str = SHORT

    def say(self, _question: str) -> str:
        """Answer what the bench wants."""
        return self.answer


def narrow(pcm: bytes) -> bytes:
    """Speech of 16 kHz as the telephone carries it."""
    samples = soxr.resample(np.frombuffer(pcm, "<i2"), WIDE_HZ, RATE_HZ)
    return encoded(samples.astype("<i2").tobytes())


async def by_phone(leg: Leg, phrases: Sequence[bytes]) -> list[float]:
    """Ask, and return how long each answer took to begin, in ms."""
    took_ms = []
    for phrase in islice(cycle(phrases), TURNS):
        leg.say(narrow(phrase))
        said_s = await leg.said()
        took_ms.append(1000 * (await leg.answer(since_s=said_s) - said_s))
    return took_ms


async def by_websocket(world: PhoneWorld, phrases: Sequence[bytes]) -> list[float]:
    """The same through the other door."""
    async with open_http() as http:
        client = VoiceClient(http, world.url.with_host("user.localhost"))
        await client.sign_in(email=demo.DEMO_USER_EMAIL, password=demo.DEMO_PASSWORD)
        async with client.line(store=demo.STORE_SLUG, rate_hz=WIDE_HZ) as line:
            await line.greeting()
            said = [(await line.say(phrase)).voice_to_voice_ms for phrase in islice(cycle(phrases), TURNS)]
    return [float(ms) for ms in said if ms is not None]


async def silenced(leg: Leg, phrases: Sequence[bytes]) -> list[float]:
    """Interrupt, and return how long each `clear` took, in ms."""
    took_ms = []
    leg.say(narrow(phrases[0]))
    for phrase in islice(cycle(phrases), INTERRUPTIONS):
        await _steady(leg)
        began_s, clears = time.monotonic(), len(leg.heard.clears_s)
        leg.say(narrow(phrase))
        await leg.said()
        await asyncio.sleep(STEADY_S)
        took_ms += [1000 * (at_s - began_s) for at_s in leg.heard.clears_s[clears : clears + 1]]
    return took_ms


async def _steady(leg: Leg) -> None:
    since_s = time.monotonic()
    while time.monotonic() < since_s + STEADY_S:
        await asyncio.sleep(FRAME_MS / 1000)
        if leg.heard.until_s < time.monotonic() - 0.1:
            since_s = time.monotonic()


async def measure(url: str) -> dict[str, float]:
    """Both."""
    hearing, voice, script = EmbeddedHearing.load(), HibariEngine.load(), Script()
    phrases = [await spoken(voice, phrase) for phrase in PHRASES]
    voice.close()
    providers = Attentive(hearing=hearing, heard=lambda _audio: HEARD, answer=script.say)
    with tempfile.TemporaryDirectory() as folder:
        async with phone_world(url, Path(folder), providers=providers, now=lambda: datetime.now(UTC)) as world:
            async with world.call() as leg:
                await leg.answer(since_s=0)
                phone_ms = await by_phone(leg, phrases)
            socket_ms = await by_websocket(world, phrases)
            script.answer = ENDLESS
            async with world.call() as leg:
                await leg.answer(since_s=0)
                clear_ms = await silenced(leg, phrases)
    hearing.close()
    return {
        "turns": TURNS,
        "phone_p50_ms": _median(phone_ms),
        "phone_p95_ms": _p95(phone_ms),
        "websocket_p50_ms": _median(socket_ms),
        "websocket_p95_ms": _p95(socket_ms),
        "phone_adds_p50_ms": round(_median(phone_ms) - _median(socket_ms)),
        "phone_adds_p95_ms": round(_p95(phone_ms) - _p95(socket_ms)),
        "interruptions": len(clear_ms),
        "clear_after_p50_ms": _median(clear_ms),
        "clear_after_p95_ms": _p95(clear_ms),
    }


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values))


def _p95(values: Sequence[float]) -> float:
    return round(statistics.quantiles(values, n=20, method="inclusive")[-1])


def main() -> None:
    """Measure, and end with one line of JSON."""
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder, database.embedded(Path(folder)) as url:
        database.migrate(url)
        print(json.dumps(asyncio.run(measure(url))))


if __name__ == "__main__":
    main()
