"""Callers in a process of their own, more of them at each step: `python -m tests.load.voice.clients --help`.

They talk to any deployment by its URL. Prints a line for each step; the last line is JSON.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from pipelines.caller.client import Refused, Unreachable
from server.demo import DEMO_PASSWORD, DEMO_USER_EMAIL, STORE_SLUG
from tests.load.voice.caller import Caller
from tests.load.voice.lines import Door, Line, Said, as_messages, as_packets, door, said_through
from tests.load.voice.measures import Noted, percentiles
from tests.load.voice.processes import Processes

# People do not call all in the same moment.
BETWEEN_CALLS_S = 0.1
# Whoever was refused tries again this soon, though told to wait longer.
TRIES_AGAIN_S = 1.0


class Crowd:
    """All callers of a run."""

    def __init__(self, way_in: Door, said: Said, args: argparse.Namespace) -> None:
        self._door = way_in
        self._said = said
        self._interrupts = args.interrupts
        self._stay_s = args.stay
        self._between_s = 1 / args.calls_per_s
        self._callers: dict[Caller, asyncio.Task[None]] = {}
        self.noted = Noted()

    def begin(self) -> None:
        """Begin a new step: what is noted from now on is its own."""
        self.noted = Noted()
        for caller in self._callers:
            caller.noted = self.noted

    @property
    def size(self) -> int:
        """How many are talking."""
        return len(self._callers)

    async def grow(self, number: int) -> None:
        """Call until so many have tried and were let in or refused."""
        due_s = time.perf_counter()
        for _ in range(number - self.size):
            due_s += self._between_s
            await self._call()
            await asyncio.sleep(due_s - time.perf_counter())

    async def insist(self, number: int, *, seconds: float) -> None:
        """Stay for so long; whoever is missing calls again and again."""
        until_s = time.perf_counter() + seconds
        while (now_s := time.perf_counter()) < until_s:
            for _ in range(number - self.size):
                await self._call()
            await asyncio.sleep(min(TRIES_AGAIN_S, until_s - now_s))

    async def leave(self) -> None:
        """All hang up."""
        tasks = list(self._callers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _call(self) -> None:
        try:
            line = await self._door.open()
        except Refused as refused:
            self.noted.refused[f"{refused.status} {refused.code}"] += 1
            return
        except (Unreachable, TimeoutError, aiohttp.ClientError, OSError) as error:
            self.noted.errors[type(error).__name__] += 1
            return
        caller = Caller(line, self._said, interrupts=self._interrupts, seed=random.getrandbits(32))
        caller.noted = self.noted
        self.noted.admitted += 1
        self._callers[caller] = asyncio.create_task(self._talk(caller, line))

    async def _talk(self, caller: Caller, line: Line) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._stay_s):
                    await caller.run()
        except* (ConnectionError, aiohttp.ClientError) as lost:
            caller.noted.errors[str(lost.exceptions[0])] += 1
        finally:
            self._callers.pop(caller, None)
            await line.aclose()


async def measure(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Take the steps, until one is too many."""
    said = await said_through(as_messages if args.over == "websocket" else as_packets, args.wav)
    processes = Processes(args.pid) if args.pid else None
    idle_mb = processes.used()[0].rss_mb if processes else 0.0
    taken = []
    async with door(args.url, args.over, (args.email, args.password), args.store) as way_in:
        crowd = Crowd(way_in, said, args)
        # What is here stays; a collection in between would be taken for the server's lateness.
        gc.collect()
        gc.freeze()
        try:
            for number in args.steps:
                crowd.begin()
                await crowd.grow(number)
                coming = crowd.noted
                await asyncio.sleep(args.settle)
                crowd.begin()
                step = await _watched(crowd, number, processes, idle_mb, seconds=args.seconds)
                step |= {"offered": number, "admitted": coming.admitted + crowd.noted.admitted}
                step["refused"] = dict(coming.refused + crowd.noted.refused)
                step["errors"] = dict(coming.errors + crowd.noted.errors)
                step["start_ms"] = percentiles(coming.start_ms + crowd.noted.start_ms)
                taken.append(step)
                print(_line(step), flush=True)
                late = step["lateness_ms"]
                if args.until_late_ms and late and late["p99"] > args.until_late_ms:
                    break
        finally:
            await crowd.leave()
    return taken


async def _watched(
    crowd: Crowd, number: int, processes: Processes | None, idle_mb: float, *, seconds: float
) -> dict[str, Any]:
    before, began_s, own_s = processes.used() if processes else None, time.perf_counter(), time.process_time()
    await crowd.insist(number, seconds=seconds)
    took_s = time.perf_counter() - began_s
    step: dict[str, Any] = crowd.noted.figures()
    step |= {"talking": crowd.size, "clients_cpu_percent": round((time.process_time() - own_s) / took_s * 100, 1)}
    if processes and before and crowd.size:
        (ours, database), (ours_before, database_before) = processes.used(), before
        cpu = (ours.cpu_s - ours_before.cpu_s) / took_s * 100
        step |= {
            "cpu_percent": round(cpu, 1),
            "cpu_percent_per_session": round(cpu / crowd.size, 2),
            "database_cpu_percent": round((database.cpu_s - database_before.cpu_s) / took_s * 100, 1),
            "rss_mb": round(ours.rss_mb),
            "rss_mb_per_session": round((ours.rss_mb - idle_mb) / crowd.size, 2),
        }
    return step


def _line(step: dict[str, Any]) -> str:
    late, voice, barge_in = (step[name] or {} for name in ("lateness_ms", "voice_to_voice_ms", "barge_in_ms"))
    return (
        f"  {step['talking']:>4} talking  cpu {step.get('cpu_percent', 0):5.1f} %  each "
        f"{step.get('cpu_percent_per_session', 0):5.2f} %  {step.get('rss_mb_per_session', 0):5.2f} MB  "
        f"late p99 {late.get('p99', 0):5.1f} ms  missed {step['frames_missed']}  "
        f"voice to voice p95 {voice.get('p95', 0):4.0f} ms  barge-in p95 {barge_in.get('p95', 0):4.0f} ms  "
        f"refused {sum(step['refused'].values())}  errors {step['errors'] or 'none'}"
    )


def parsed(arguments: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.voice.clients", description=__doc__)
    parser.add_argument(
        "--url", type=URL, default=URL("http://user.localhost:8080"), help="a server of ours, or any ws:// of pipecat"
    )
    parser.add_argument("--over", choices=("websocket", "webrtc"), default="websocket")
    parser.add_argument("--email", default=DEMO_USER_EMAIL)
    parser.add_argument("--password", default=DEMO_PASSWORD)
    parser.add_argument("--store", default=STORE_SLUG)
    parser.add_argument("--steps", type=_numbers, default=[1, 2], help="how many talk at once, such as 1,2,4")
    parser.add_argument("--seconds", type=float, default=15, help="how long each step is measured")
    parser.add_argument("--settle", type=float, default=3, help="seconds between the last caller and measuring")
    parser.add_argument("--calls-per-s", type=float, default=1 / BETWEEN_CALLS_S)
    parser.add_argument("--stay", type=float, help="hang up after so many seconds; somebody else then calls")
    parser.add_argument("--interrupts", type=float, default=0.2, help="the part of answers that are interrupted")
    parser.add_argument("--wav", type=Path, help="a folder of recordings; without one the embedded voice speaks")
    parser.add_argument("--pid", type=int, help="of a server on this machine, for its CPU and memory")
    parser.add_argument("--until-late-ms", type=float, help="stop after a step whose p99 lateness is above")
    parser.add_argument("--core", type=int, help="stay on this one")
    return parser.parse_args(arguments)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> None:
    """Talk, and print what was measured."""
    args = parsed(sys.argv[1:])
    if args.core is not None:
        os.sched_setaffinity(0, {args.core})
    print(json.dumps(asyncio.run(measure(args))))


if __name__ == "__main__":
    main()
