"""`python -m server work` as a process of its own, on a test's database."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.commands import command, environment

DEADLINE_S = 30.0


@asynccontextmanager
async def worker(database_url: str, folder: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker during the block; it may be gone before the end."""
    process = await asyncio.create_subprocess_exec(
        *command("work", "--until-stdin-ends"),
        stdin=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
        cwd=folder,
        env=environment(folder, DATABASE_URL=database_url, **settings),
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(DEADLINE_S):
            await process.wait()


async def until(true: Callable[[], Awaitable[object]]) -> None:
    """Wait until something is true, with a deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not await true():  # noqa: ASYNC110 - it becomes true in another process
            await asyncio.sleep(0.05)
