"""Several server processes on one port, as WEB_CONCURRENCY says; this one starts, replaces and stops them.

The kernel deals new connections to those that listen (SO_REUSEPORT). SIGHUP replaces them one after the other: a new
one is ready before the old one is told to stop, which then hands its conversations over.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass

import structlog

from server import database, worker
from server.errors import CannotStart
from server.run import listening_socket, welcome
from server.settings import Settings

# Models take seconds to load, and a slow disk takes longer.
READY_WITHIN_S = 180.0
# Longer than a process gives its conversations and requests; see `server.run`.
STOP_WITHIN_S = 40.0
FIRST_RESTART_S = 1.0
LAST_RESTART_S = 30.0
# A process that lived so long did not die of what the one before it died of.
STABLE_S = 60.0

log = structlog.get_logger()


class ProcessFailed(CannotStart):
    """A process ended before it was ready; it has said why."""

    def __init__(self) -> None:
        super().__init__("A server process did not start; what it says about that stands above.")


@dataclass(eq=False, slots=True)
class Slot:
    """Where one process follows the other."""

    process: Process


def run_several(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises CannotStart, or KeyboardInterrupt when told to stop before it serves."""
    with _reserved(settings.host, settings.port) as port, database.opened(settings) as url:
        settings = settings.model_copy(update={"port": port})
        log.info("migrated", migrations=database.migrate(url))
        asyncio.run(_serve(settings, url))


@contextmanager
def _reserved(host: str, port: int) -> Iterator[int]:
    """Keep the port for the processes of this one, and for nobody else's. Raises CannotStart."""
    with listening_socket(host, port) as alone:
        free: int = alone.getsockname()[1]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as shared:
        # Bound and never listening: no connection comes here.
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((host, free))
        yield free


async def _serve(settings: Settings, database_url: str) -> None:
    processes = Processes(settings, database_url)
    stopping, replacing = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in database.STOP_SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, replacing.set)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(processes.stop)
        starting = asyncio.create_task(processes.start())
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting})
            return
        starting.result()
        if settings.development:
            await stack.enter_async_context(worker.working(database_url))
        keeping = [asyncio.create_task(processes.keep(slot)) for slot in processes.slots]
        keeping.append(asyncio.create_task(processes.replace_when(replacing)))
        print(welcome(settings, settings.port), flush=True)  # noqa: T201 - for the person who started it
        try:
            await stopped
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.wait(keeping)


class Processes:
    """All of them."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.slots: list[Slot] = []
        self._count = settings.web_concurrency
        self._environment = {**os.environ, "DATABASE_URL": database_url, "PORT": str(settings.port)}
        self._all: set[Process] = set()

    async def start(self) -> None:
        """Start them, one after the other: each is quicker for what the first one has read. Raises ProcessFailed."""
        for _ in range(self._count):
            self.slots.append(Slot(await self._started()))

    async def keep(self, slot: Slot) -> None:
        """Start another one whenever one dies, more and more patiently; until cancelled."""
        pause_s = FIRST_RESTART_S
        while True:
            process, began_s = slot.process, time.monotonic()
            await process.wait()
            if slot.process is not process:
                continue
            if time.monotonic() - began_s > STABLE_S:
                pause_s = FIRST_RESTART_S
            while slot.process is process:
                log.error("server_died", status=process.returncode, restart_in_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LAST_RESTART_S)
                with suppress(ProcessFailed):
                    slot.process = await self._started()

    async def replace_when(self, asked: asyncio.Event) -> None:
        """Replace all, one after the other, each time it is asked; until cancelled."""
        while True:
            await asked.wait()
            asked.clear()
            for slot in self.slots:
                try:
                    old, slot.process = slot.process, await self._started()
                except ProcessFailed:
                    log.error("server_not_replaced")  # noqa: TRY400 - it has said why
                    break
                await self._end([old])

    async def stop(self) -> None:
        """Tell all to stop, and wait; who does not is killed."""
        await self._end([process for process in self._all if process.returncode is None])

    async def _started(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", "run", "--one-of-several"),
            stdin=PIPE,
            stdout=PIPE,
            env=self._environment,
            # Ctrl-C reaches the whole group of a terminal; these end when this one says so, or is gone.
            process_group=0,
        )
        self._all.add(process)
        if process.stdout is None:
            raise RuntimeError("no pipe")
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                ready = await process.stdout.readline()
        except TimeoutError:
            ready = b""
        if not ready:
            await self._end([process])
            raise ProcessFailed
        log.info("server_started", pid=process.pid)
        return process

    async def _end(self, processes: list[Process]) -> None:
        waiting = {asyncio.create_task(process.wait()): process for process in processes}
        for process in processes:
            if process.returncode is None:
                process.terminate()
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=STOP_WITHIN_S)
        for task in late:
            log.error("server_killed", pid=waiting[task].pid)
            waiting[task].kill()
        if late:
            await asyncio.wait(late)
        self._all.difference_update(processes)
