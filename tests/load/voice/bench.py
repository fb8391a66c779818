"""`make bench`: how many conversations a core carries, and how soon the assistant answers and falls silent.

Six minutes. Two parts measure what the framework costs, with models that cost nothing: the same pipeline on pipecat's
own transport and defaults, and this server; each has a core to itself, while callers and PostgreSQL share the others,
and more people call until its audio is late. The third is the whole server with its own models on all cores. Progress,
then one line of JSON; the whole report goes to tests/load/results/ as JSON and HTML.

`--all` adds, with models that cost nothing: callers over WebRTC; half as many again as the server takes, who all keep
trying; and a thousand short conversations, for what they leave behind. `--runs 3` reports medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.load.voice.report import page
from tests.running import start, stop

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "tests/load/results"
# Audio may be so late at the 99th percentile: half a frame.
LATE_MS = 10.0
MANY = 1_000
# Of those whom a server takes, so many try to get in when it is overloaded.
OVERLOAD = 1.5
# A thousand short conversations: so many at once, each so long, in steps.
SHORT, SHORT_S, SHORT_STEPS = 20, 4.0, 5

# Pipecat greets whoever imports it.
ENVIRONMENT = {**os.environ, "LOGURU_LEVEL": "WARNING"}

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run measured, step by step."""

    name: str
    steps: list[Step]

    @property
    def held(self) -> Step:
        """The largest step whose audio was on time; the smallest if none was."""
        return max(
            (step for step in self.steps if step["lateness_ms"] and step["lateness_ms"]["p99"] <= LATE_MS),
            key=lambda step: int(step["talking"]),
            default=self.steps[0],
        )


@contextmanager
def serving(module: str, core: int, most: int = MANY) -> Iterator[tuple[str, int]]:
    """Start a server with models that cost nothing, for so many at once; give its URL and process id."""
    command = [sys.executable, "-m", f"tests.load.voice.{module}", str(core), str(most)]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        yield process.stdout.readline().strip(), process.pid
        # The end of its input tells it to stop.
        process.stdin.close()


def clients(name: str, *arguments: object) -> Run:
    """Let callers talk, and show how far they are."""
    print(name, flush=True)
    command = [sys.executable, "-m", "tests.load.voice.clients", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        last = ""
        for line in process.stdout or ():
            if last:
                print(last, end="", flush=True)
            last = line
    if process.returncode:
        raise SystemExit(f"{name}: the callers failed")
    return Run(name, json.loads(last))


def framework(module: str, name: str, steps: str, *options: object, most: int = MANY) -> Run:
    """Measure one of the two servers on a core of its own."""
    first, *others = sorted(os.sched_getaffinity(0))
    with serving(module, first, most) as (url, pid):
        where = ("--url", url, "--pid", pid, "--core", (others or [first])[0])
        return clients(name, *where, "--steps", steps, *options)


def whole(steps: str, *options: object) -> Run:
    """Measure the server as `make run` starts it."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        models = ROOT / ".data/models"
        models.mkdir(parents=True, exist_ok=True)
        (data_dir / "models").symlink_to(models.resolve())
        server = start(data_dir, VOICE_MAX_SESSIONS="100", VOICE_MAX_SESSIONS_PER_CALLER="100")
        try:
            where = ("--url", server.url, "--pid", server.process.pid)
            return clients("Whole stack, embedded models", *where, "--steps", steps, *options)
        finally:
            stop(server)


def measured(args: argparse.Namespace) -> dict[str, Run]:
    """Measure every part that was asked for, once."""
    recordings = ("--wav", args.wav.resolve()) if args.wav else ()
    options = ("--seconds", args.seconds, "--until-late-ms", LATE_MS, *recordings)
    runs = {}
    if args.only != "whole":
        runs["theirs"] = framework("theirs", "Framework cost, pipecat's own transport", args.theirs, *options)
        runs["ours"] = framework("ours", "Framework cost, Storeline", args.ours, *options)
    if args.all:
        runs["webrtc"] = framework("ours", "Framework cost, WebRTC", args.webrtc, *options, "--over", "webrtc")
        steps, seconds = f"{args.rated},{round(args.rated * OVERLOAD)}", ("--seconds", args.overload_seconds)
        runs["overload"] = framework("ours", "Half as many again", steps, *seconds, *recordings, most=args.rated)
        steps, seconds = ",".join([str(SHORT)] * SHORT_STEPS), ("--seconds", MANY * SHORT_S / SHORT / SHORT_STEPS)
        runs["short"] = framework("ours", "A thousand conversations", steps, *seconds, "--stay", SHORT_S, *recordings)
    if args.only != "framework":
        runs["whole"] = whole(args.whole, "--seconds", args.whole_seconds, *recordings)
    return runs


def summary(runs: dict[str, Run]) -> dict[str, float]:
    """The figures that stand for the whole; those that could not be measured are left out."""
    found: dict[str, float | None] = {}
    for name, prefix in (("ours", ""), ("theirs", "baseline_"), ("webrtc", "webrtc_")):
        if name in runs:
            held = runs[name].held
            found |= {
                f"{prefix}sessions_per_core": held["talking"],
                f"{prefix}lateness_p99_ms": (held["lateness_ms"] or {}).get("p99"),
                f"{prefix}rss_per_session_mb": held["rss_mb_per_session"],
                f"{prefix}cpu_percent_per_session": held["cpu_percent_per_session"],
            }
    if stack := runs.get("whole"):
        # One conversation: what a caller hears on an idle machine.
        alone = stack.steps[0]
        found |= {
            f"{name}_{percentile}_ms": (alone[f"{name}_ms"] or {}).get(percentile)
            for name, percentile in (("voice_to_voice", "p50"), ("voice_to_voice", "p95"), ("barge_in", "p95"))
        }
    if overload := runs.get("overload"):
        rated, over = overload.steps
        found |= {
            "overload_refused": sum(over["refused"].values()),
            "overload_lateness_p99_ms": (over["lateness_ms"] or {}).get("p99"),
            "rated_voice_to_voice_p95_ms": (rated["voice_to_voice_ms"] or {}).get("p95"),
            "overload_voice_to_voice_p95_ms": (over["voice_to_voice_ms"] or {}).get("p95"),
            "overload_lost": sum(over["errors"].values()),
        }
    if short := runs.get("short"):
        # The first step warms up.
        found["rss_growth_mb_over_1000"] = short.steps[-1]["rss_mb"] - short.steps[1]["rss_mb"]
    return {name: figure for name, figure in found.items() if figure is not None}


def medians(summaries: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure over the rounds that have it."""
    return {name: statistics.median(each[name] for each in summaries if name in each) for name in summaries[0]}


def parsed(arguments: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.voice.bench", description=__doc__)
    parser.add_argument("--only", choices=("framework", "whole"), help="leave the other out")
    parser.add_argument("--all", action="store_true", help="WebRTC, overload and a thousand conversations, too")
    parser.add_argument("--runs", type=int, default=1, help="how often all of it is measured; figures are medians")
    parser.add_argument("--ours", default="10,20,30,40,50,60,70,80,90", help="how many talk to our server at once")
    parser.add_argument("--theirs", default="4,8,12,16,20", help="the same for pipecat's own transport")
    parser.add_argument("--whole", default="1,4", help="the same for the whole stack")
    parser.add_argument("--webrtc", default="5,10,15,20,25,30,35,40", help="the same over WebRTC")
    parser.add_argument("--rated", type=int, default=50, help="how many may talk at once when more try")
    parser.add_argument("--overload-seconds", type=float, default=60, help="how long they try")
    parser.add_argument("--seconds", type=float, default=10, help="how long each step is measured")
    parser.add_argument("--whole-seconds", type=float, default=45, help="the same for the whole stack")
    parser.add_argument("--wav", type=Path, help="a folder of recordings; without one the embedded voice speaks")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the folder for report.json and report.html")
    return parser.parse_args(arguments)


def main() -> None:
    """Measure, write the report, and end with one line of JSON."""
    args = parsed(sys.argv[1:])
    rounds = [measured(args) for _ in range(args.runs)]
    summaries = [summary(runs) for runs in rounds]
    figures = medians(summaries)
    report = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "command": f"python -m tests.load.voice.bench {' '.join(sys.argv[1:])}".strip(),
        "figures": figures,
        "figures_of_each_run": summaries,
        "runs": {key: {"name": run.name, "steps": run.steps} for key, run in rounds[-1].items()},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (args.out / "report.html").write_text(page(report), encoding="utf-8")
    print(f"Report: {args.out / 'report.html'}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
