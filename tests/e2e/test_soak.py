"""The short form of `make soak`."""

import json
import subprocess
import sys

from tests.commands import ROOT


def test_a_minute_of_calls_leaves_nothing_behind() -> None:
    """People call, talk and hang up: every call is on record, and no task, thread, socket or queue is left of them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.soak", "--seconds", "60", "--callers", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["broken"] == [], done.stdout
    assert found["calls"] >= 4
    assert found["answers"]
