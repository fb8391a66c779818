"""The whole server with models that cost nothing. Prints its port; serves until stdin ends."""

import asyncio
import gc
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from pipelines.providers.embedded.hearing import EmbeddedHearing
from server import app, database, demo, edge, logs
from server.run import listening_socket
from server.services import open_services
from server.settings import Settings
from tests.load.voice.doubles import costless

# One client is all clients here.
MANY = 1_000


async def serve(settings: Settings, database_url: str, hearing: EmbeddedHearing) -> None:
    """Serve until stdin ends."""
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(
            open_services(settings, database_url, costless(hearing), generosity=MANY)
        )
        await demo.seed(services)
        listener = listening_socket("127.0.0.1", 0)
        await stack.enter_async_context(edge.answering(app.build(settings, services), listener))
        # As server.run does.
        gc.collect()
        gc.freeze()
        print(f"http://user.localhost:{listener.getsockname()[1]}", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await services.registry.drain(timeout_s=1)


def main() -> None:
    """Open PostgreSQL and serve. The first argument is the core for it all but the database."""
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder),
            port=0,
            voice_max_sessions=MANY,
            voice_max_sessions_per_caller=MANY,
            _env_file=None,
        )
        with database.opened(settings) as url:
            database.migrate(url)
            # Threads that begin later inherit it.
            os.sched_setaffinity(0, {int(sys.argv[1])})
            hearing = EmbeddedHearing.load()
            asyncio.run(serve(settings, url, hearing))
            hearing.close()


if __name__ == "__main__":
    main()
