"""`make bench-phone`: what the telephone adds, how soon it falls silent, and whether every frame comes through.

One server with the real VAD and doubles for words, answers and voice, rung by a Twilio of our own in the same process.
Three things: the time from the caller's last sound to the first of the answer, in turns over the telephone and over a
websocket of the same server; from a caller's first sound over an endless answer, as its frame is sent, to `clear`; and,
with as many calls at once as a server takes by default, the frames that did not come through: of the callers' those
that the server has not seen, of the assistant's those that came when they should have been heard. The last line is
JSON.
"""

import asyncio
import io
import json
import math
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
from server.settings import Settings
from telephony.twilio.messages import FRAME_MS, RATE_HZ, encoded
from telephony.twilio.simulator.leg import Leg
from tests.load.barge_in import PHRASES, Attentive, spoken
from tests.phone_world import PhoneWorld, phone_world
from tests.voice_world import RATE_HZ as WIDE_HZ

TURNS = 20
INTERRUPTIONS = 20
# VOICE_MAX_SESSIONS.
RATED_CALLS = Settings.model_fields["voice_max_sessions"].default
RATED_TURNS = 3
STEADY_S = 0.5
HEARD = "Tell me a story about a knight."
SHORT, ANSWER, ENDLESS = "Of course.", "word " * 30, "word " * 600


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
        clears = len(leg.heard.clears_s)
        leg.say(narrow(phrase))
        await leg.said()
        await asyncio.sleep(STEADY_S)
        took_ms += [1000 * (at_s - leg.speech_begins_s) for at_s in leg.heard.clears_s[clears : clears + 1]]
    return took_ms


async def _steady(leg: Leg) -> None:
    since_s = time.monotonic()
    while time.monotonic() < since_s + STEADY_S:
        await asyncio.sleep(FRAME_MS / 1000)
        if leg.heard.until_s < time.monotonic() - 0.1:
            since_s = time.monotonic()


@dataclass(slots=True)
class Crowd:
    """Frames of all calls."""

    sent: int = 0
    heard: int = 0
    late: int = 0

    async def call(self, world: PhoneWorld, caller: str, phrases: Sequence[bytes]) -> None:
        """Ask a few things."""
        sid, twiml = await world.ring(caller=caller)
        async with world.simulator.stream(twiml, sid) as leg:
            await leg.answer(since_s=0)
            for phrase in islice(cycle(phrases), RATED_TURNS):
                leg.say(narrow(phrase))
                await leg.answer(since_s=await leg.said())
        self.sent += leg.sent_frames
        self.heard += len(leg.heard.played)
        self.late += sum(math.ceil(1000 * gap_s / FRAME_MS) for gap_s in leg.heard.gaps_s)


async def rated(world: PhoneWorld, phrases: Sequence[bytes], told: io.StringIO) -> dict[str, float]:
    """All at once."""
    crowd = Crowd()
    already = len(told.getvalue())
    async with asyncio.TaskGroup() as tasks:
        for number in range(RATED_CALLS):
            tasks.create_task(crowd.call(world, f"+1202555{number:04}", phrases))
    await world.until(lambda: len(world.services.registry) == 0)
    lines = [json.loads(line) for line in told.getvalue()[already:].splitlines()]
    ends = [line for line in lines if line["event"] == "media_ended"]
    return {
        "calls_at_once": len(ends),
        "frames_sent": crowd.sent,
        "frames_lost": crowd.sent - sum(end["chunks"] - end["lost"] for end in ends),
        "frames_heard": crowd.heard,
        "frames_late": crowd.late,
    }


async def measure(url: str, told: io.StringIO) -> dict[str, float]:
    """All three; `told` is the log."""
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
            script.answer = ANSWER
            crowded = await rated(world, phrases, told)
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
        **crowded,
    }


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values))


def _p95(values: Sequence[float]) -> float:
    return round(statistics.quantiles(values, n=20, method="inclusive")[-1])


def main() -> None:
    """Measure, and end with one line of JSON."""
    told = io.StringIO()
    logs.configure("INFO", told)
    with tempfile.TemporaryDirectory() as folder, database.embedded(Path(folder)) as url:
        database.migrate(url)
        print(json.dumps(asyncio.run(measure(url, told))))


if __name__ == "__main__":
    main()
