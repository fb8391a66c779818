"""`make soak`: people call, talk and hang up for an hour, and afterwards nothing may be left over or have grown.

The whole server, with models that cost nothing and recordings, on a core of its own; callers on the others. What it
holds is compared idle with idle: after a time to warm up, and at the end. Progress, then one line of JSON; the exit
status is 1 when a bound was broken.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from yarl import URL

from pipelines.caller.client import VoiceClient, open_http
from server.demo import DEMO_PASSWORD, DEMO_USER_EMAIL, STORE_SLUG
from tests.load.voice.caller import Caller
from tests.load.voice.lines import Line, Said, SocketDoor, as_messages, said_through
from tests.load.voice.measures import Noted, percentiles

ROOT = Path(__file__).parents[2]
# Of the time, at most five minutes.
WARM_UP_PART, MOST_WARM_UP_S = 0.2, 300.0
TALKS_S = (4.0, 30.0)
BETWEEN_SAMPLES_S = 10.0
# Until the last conversation is on record, and its sockets and threads are gone.
IDLE_WITHIN_S = 30.0

# What must not be more at the end than it was when the process had warmed up.
GIVEN_BACK = ("files", "sockets", "threads", "tasks", "queued")
MAX_GROWTH_MB_PER_H = 1.0
# A shorter run says nothing about an hour; pages that an allocator keeps are some MB.
SHORTEST_SLOPE_S, MAX_GROWTH_MB = 1_200.0, 24.0

ENVIRONMENT = {**os.environ, "LOGURU_LEVEL": "WARNING", "RECORDINGS": "on"}

Sample = dict[str, float]


class Server:
    """The process under test."""

    def __init__(self, process: asyncio.subprocess.Process, url: URL) -> None:
        self._process = process
        self.url = url

    async def sample(self) -> Sample:
        """What it holds now."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipes")
        self._process.stdin.write(b"\n")
        sample: Sample = json.loads(await self._process.stdout.readline())
        return sample

    async def idle(self, like: Sample | None = None) -> Sample:
        """What it holds once it has given back as much as in `like`, or cannot in IDLE_WITHIN_S."""
        give_up_s = time.monotonic() + IDLE_WITHIN_S
        while True:
            await asyncio.sleep(1)
            sample = await self.sample()
            over = not any(sample[name] > like[name] for name in GIVEN_BACK) if like else not sample["sessions"]
            if over or time.monotonic() > give_up_s:
                return sample


@asynccontextmanager
async def serving(tree: Path = ROOT, **settings: str) -> AsyncIterator[Server]:
    """Run the server of this work tree for the block."""
    core = min(os.sched_getaffinity(0))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.voice.ours", str(core)),
        cwd=tree,
        env={**ENVIRONMENT, **settings},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("no pipes")
    yield Server(process, URL((await process.stdout.readline()).decode().strip()))
    process.stdin.close()
    await process.wait()


class People:
    """Who call one after the other, each with a sign-in of their own."""

    def __init__(self, url: URL, said: Said) -> None:
        self.noted = Noted()
        self._url = url
        self._said = said
        self._random = random.Random(1)  # noqa: S311 - no secret

    async def call(self, number: int, *, seconds: float) -> None:
        """Let so many call, again and again, for so long."""
        until_s = time.monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for _ in range(number):
                tasks.create_task(self._call_again(until_s))

    async def _call_again(self, until_s: float) -> None:
        await asyncio.sleep(self._random.uniform(0, 2))
        while (left_s := until_s - time.monotonic()) > TALKS_S[0]:
            async with open_http() as http:
                client = VoiceClient(http, self._url)
                await client.sign_in(email=DEMO_USER_EMAIL, password=DEMO_PASSWORD)
                async with aclosing(await SocketDoor(client, STORE_SLUG).open()) as line:
                    await self._talk(line, seconds=min(left_s, self._random.uniform(*TALKS_S)))

    async def _talk(self, line: Line, *, seconds: float) -> None:
        caller = Caller(line, self._said, interrupts=0.2, seed=self._random.getrandbits(32))
        caller.noted = self.noted
        self.noted.admitted += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                try:
                    await caller.run()
                except* (ConnectionError, aiohttp.ClientError) as lost:
                    self.noted.errors[str(lost.exceptions[0])] += 1


async def sampled(server: Server, samples: list[tuple[float, Sample]]) -> None:
    """Look now and then, until cancelled."""
    began_s = time.monotonic()
    while True:
        await asyncio.sleep(BETWEEN_SAMPLES_S)
        sample = await server.sample()
        samples.append((time.monotonic() - began_s, sample))
        print(f"  {samples[-1][0]:5.0f} s  {json.dumps(sample)}", flush=True)


async def soak(callers: int, *, seconds: float) -> dict[str, Any]:
    """Warm up, soak, and compare."""
    said = await said_through(as_messages, None)
    samples: list[tuple[float, Sample]] = []
    async with serving() as server:
        warm_up_s = min(MOST_WARM_UP_S, WARM_UP_PART * seconds)
        await People(server.url, said).call(callers, seconds=warm_up_s)
        before = await server.idle()
        print(f"  warm  {json.dumps(before)}", flush=True)
        people = People(server.url, said)
        sampling = asyncio.create_task(sampled(server, samples))
        await people.call(callers, seconds=seconds - warm_up_s)
        sampling.cancel()
        await asyncio.wait({sampling})
        after = await server.idle(like=before)
    noted = people.noted
    at_load = np.array([(at_s, sample["rss_mb"]) for at_s, sample in samples if sample["sessions"] >= callers / 2])
    return {
        "seconds": round(seconds),
        "callers": callers,
        "calls": noted.admitted,
        "answers": len(noted.voice_to_voice_ms),
        "errors": dict(noted.errors),
        "late_ms": percentiles(noted.lateness_ms, digits=1),
        "lost_conversations": after["begun"] - before["begun"] - noted.admitted + after["unended"],
        "left_over": {name: after[name] - before[name] for name in GIVEN_BACK},
        "most_queued": max(sample["queued"] for _, sample in samples),
        "rss_mb": [before["rss_mb"], after["rss_mb"]],
        "rss_mb_per_h": round(float(np.polyfit(at_load[:, 0], at_load[:, 1], 1)[0]) * 3600, 2),
    }


def broken(found: dict[str, Any]) -> list[str]:
    """Name the bounds that do not hold."""
    grown_mb = found["rss_mb"][1] - found["rss_mb"][0]
    long = found["seconds"] >= SHORTEST_SLOPE_S
    wrong = {
        "errors": bool(found["errors"]),
        "lost conversations": found["lost_conversations"] != 0,
        "rss": found["rss_mb_per_h"] > MAX_GROWTH_MB_PER_H if long else grown_mb > MAX_GROWTH_MB,
        **{name: count > 0 for name, count in found["left_over"].items()},
    }
    return [name for name, holds_not in wrong.items() if holds_not]


def main() -> None:
    """Soak, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument(
        "--callers", type=int, default=8, help="at once; 8 is what a process takes unless told otherwise"
    )
    args = parser.parse_args()
    found = asyncio.run(soak(args.callers, seconds=args.seconds))
    found["broken"] = broken(found)
    print(json.dumps(found))
    sys.exit(bool(found["broken"]))


if __name__ == "__main__":
    main()
