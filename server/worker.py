"""Run the worker beside this process, on a developer's machine; in production it is started by itself."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

FIRST_RESTART_S = 1.0
LAST_RESTART_S = 30.0
# Longer than the worker gives its jobs, and its pool to close.
END_TIMEOUT_S = 12.0

log = structlog.get_logger()


def when_stdin_ends(then: Callable[[], None]) -> None:
    """Do something once the parent, which holds the other end, has ended in whatever way."""
    loop, stdin = asyncio.get_running_loop(), sys.stdin.fileno()

    def look() -> None:
        if not os.read(stdin, 1):
            loop.remove_reader(stdin)
            then()

    loop.add_reader(stdin, look)


@asynccontextmanager
async def working(database_url: str) -> AsyncIterator[None]:
    """Keep a worker alive while the block runs; it ends with this process, however that ends."""
    keeping = asyncio.create_task(_keep(database_url), name="worker")
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(database_url: str) -> None:
    pause_s = FIRST_RESTART_S
    while True:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", "work", "--until-stdin-ends"),
            stdin=asyncio.subprocess.PIPE,
            # Where the embedded database listens is known here.
            env={**os.environ, "DATABASE_URL": database_url},
            # Ctrl-C reaches the whole group of a terminal; this process ends when its parent says so.
            process_group=0,
        )
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
        log.error("worker_died", status=status, restart_in_s=pause_s)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LAST_RESTART_S)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
