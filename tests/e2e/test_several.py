"""Several processes on one port, as WEB_CONCURRENCY starts, replaces and stops them."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

import psutil
from yarl import URL

from tests.running import Running, start, stop

# Models of another company, so that none is loaded; nobody talks here.
CLOUD = {f"VOICE_PROVIDER_{stage}": "openai" for stage in ("STT", "LLM", "TTS")} | {"OPENAI_API_KEY": f"sk-{'0' * 40}"}
PATIENCE_S = 60.0


def serving(running: Running) -> set[int]:
    """The processes that answer."""
    found = set()
    for child in psutil.Process(running.process.pid).children():
        # One that was killed is a zombie until its parent has looked, and has no command line.
        with suppress(psutil.NoSuchProcess):
            if "--one-of-several" in child.cmdline():
                found.add(child.pid)
    return found


def until(condition: Callable[[], bool]) -> None:
    """Wait for what other processes do."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.1)


def answers(running: Running) -> bool:
    """Whether somebody answers."""
    url = URL(running.url)
    # Not every system knows names below .localhost.
    asked = Request(str(url.with_host("127.0.0.1") / "health"), headers={"Host": url.authority})  # noqa: S310 - http
    with urlopen(asked, timeout=10) as answer:  # noqa: S310 - as above
        return bool(answer.status == 200)


def test_processes_are_replaced_and_outlive_one_another() -> None:
    """SIGHUP replaces both, one that dies is followed by another, and Ctrl-C ends all."""
    with TemporaryDirectory(prefix="storeline-") as folder:
        running = start(Path(folder), WEB_CONCURRENCY="2", **CLOUD)
        try:
            first = serving(running)
            assert len(first) == 2
            assert answers(running)

            running.process.send_signal(signal.SIGHUP)
            until(lambda: len(serving(running)) == 2 and serving(running).isdisjoint(first))
            assert answers(running)

            killed = serving(running).pop()
            psutil.Process(killed).kill()
            until(lambda: len(serving(running) - {killed}) == 2)
            assert answers(running)
        finally:
            status = stop(running)
        assert status == 0
