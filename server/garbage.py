"""When to look for garbage: left to itself, Python does so in the middle of everybody's sentence.

What is loaded at the start stays, so it is left out for good: it is 250,000 objects, 0.1 to 0.2 s each time. A
conversation is 3,000 more, most of which go with its end; the rest is in circles, which only a full collection finds.
It takes 60 to 150 ms with 45 conversations, in which no audio leaves, and Python would begin one every other second.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from auth.background import beside
from pipelines.registry import Registry

# Young objects are looked through as ever, but in larger groups: 0.2 ms a time, and up to 6 ms each tenth.
YOUNG, MIDDLE, NEVER = 2_000, 10, 1_000_000_000
LOOKS_EVERY_S = 5.0
# What so many conversations leave behind is some 90 MB.
ENDED_MAX = 100
LONGEST_S = 600.0


@asynccontextmanager
async def collected(registry: Registry) -> AsyncIterator[None]:
    """Leave out what there is now; collect the rest once nobody talks, or after many conversations or a long time."""
    gc.collect()
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)
    try:
        async with beside(_collect(registry), name="garbage"):
            yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


async def _collect(registry: Registry) -> None:
    ended, since_s = registry.ended, time.monotonic()
    while True:
        await asyncio.sleep(LOOKS_EVERY_S)
        left = registry.ended - ended
        if (left and not len(registry)) or left >= ENDED_MAX or time.monotonic() - since_s > LONGEST_S:
            gc.collect()
            ended, since_s = registry.ended, time.monotonic()
