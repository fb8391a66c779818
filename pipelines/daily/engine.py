"""Daily's native client: one for the process, begun with the first room and ended with the block that `running` opens.

It has threads of its own, whatever Python does; `import` takes 60 ms, the first room 20 ms and six threads.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import structlog
from daily import Daily
from pipecat.transports.daily.transport import DailyTransportClient

# A client that could not join lets go of its network only when that has given up: after 19 s.
RELEASE_S = 25.0
# How long whoever leaves a room waits for that.
PATIENCE_S = 2.0

log = structlog.get_logger()


class Engine:
    """Keeps hold of clients until they are released."""

    def __init__(self) -> None:
        self._releasing: set[asyncio.Task[None]] = set()

    async def release(self, releasing: Coroutine[None, None, None]) -> None:
        """Run it to its end; come back after PATIENCE_S in any case."""
        task = asyncio.create_task(releasing)
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)
        await asyncio.wait({task}, timeout=PATIENCE_S)

    async def released(self) -> bool:
        """Wait for all, at most RELEASE_S; False if some are still held."""
        if self._releasing:
            await asyncio.wait(self._releasing, timeout=RELEASE_S)
        return not self._releasing


@asynccontextmanager
async def running() -> AsyncIterator[Engine]:
    """Have the client for the block; afterwards its threads are gone."""
    engine = Engine()
    try:
        yield engine
    finally:
        if not await engine.released():
            log.warning("daily_engine_not_ended")
        elif DailyTransportClient._daily_initialized:  # noqa: SLF001 - pipecat begins it, and has no way to end it
            Daily.deinit()
            DailyTransportClient._daily_initialized = False  # noqa: SLF001 - so that it can begin again
