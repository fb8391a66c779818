"""The User API as `make bench-auth` measures it: everything of the server but its models, on one core.

Prints its port, and at the end how late a 20 ms tick in the same event loop was.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
from aiohttp import web

from server import app, logs
from server.database import migrate
from server.services import open_services
from server.settings import Settings
from tests.doubles import Doubles

TICK_S: Final = 0.020
# One client is all clients here.
GENEROSITY: Final = 1_000_000


async def tick(late_ms: list[float]) -> None:
    """Note how late each of the ticks comes that audio would be sent at."""
    due = time.perf_counter()
    while True:
        due += TICK_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        late_ms.append((time.perf_counter() - due) * 1000)


async def serve(database_url: str) -> None:
    """Serve until stdin ends."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), port=0, _env_file=None)
        async with open_services(settings, database_url, Doubles(), generosity=GENEROSITY) as services:
            runner = web.AppRunner(app.build(settings, services), access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            late_ms: list[float] = []
            ticking = asyncio.create_task(tick(late_ms))
            print(runner.addresses[0][1], flush=True)
            # Each line asks for the ticks since the line before.
            while await asyncio.to_thread(sys.stdin.readline):
                p50, p99 = np.percentile(late_ms, (50, 99)) if late_ms else (0.0, 0.0)
                print(json.dumps({"ticks": len(late_ms), "p50_ms": p50, "p99_ms": p99}), flush=True)
                late_ms.clear()
            ticking.cancel()
            await runner.cleanup()


if __name__ == "__main__":
    logs.configure("ERROR")
    migrate(sys.argv[1])
    asyncio.run(serve(sys.argv[1]))
