"""The server as a process of its own, with everything embedded, as `make run` starts it."""

import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
from yarl import URL

from tests.commands import command, environment


@dataclass(frozen=True, slots=True)
class Running:
    """A server, and where it listens."""

    process: subprocess.Popen[str]
    url: str
    data_dir: Path

    @property
    def store_url(self) -> str:
        """The other host's."""
        return str(URL(self.url).with_host("store.localhost").origin())

    @property
    def log(self) -> Path:
        """All that it logs, at DEBUG."""
        return self.data_dir / "server.log"


def start(data_dir: Path, **settings: str) -> Running:
    """Start the server as a process of its own, on a port that the system chooses, and wait until it is ready."""
    with (data_dir / "server.log").open("w") as log:
        process = subprocess.Popen(
            command("run"),
            cwd=data_dir,
            env=environment(data_dir, LOG_LEVEL="DEBUG", **settings),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    # The output ends when the process does; one that hangs is ended by the run's own limit.
    for line in process.stdout:
        if found := re.search(r"http://user\.localhost:\d+", line):
            return Running(process, found[0], data_dir)
    raise AssertionError(f"the server ended with status {process.wait()} before it was ready")


def stop(running: Running) -> int:
    """Press Ctrl-C and return the exit status; nothing that it started may be left."""
    started = psutil.Process(running.process.pid).children(recursive=True)
    with running.process as process:
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=30)
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive, alive
    return status
