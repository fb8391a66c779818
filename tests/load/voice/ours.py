"""The whole server with models that cost nothing: prints its URL, and for each line what it holds; ends with stdin."""

import asyncio
import json
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from pipelines.providers.embedded.hearing import EmbeddedHearing
from server import app, database, demo, edge, garbage, logs
from server.run import listening_socket
from server.services import open_services
from server.settings import Settings
from tests.load.inside import inside
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
        await stack.enter_async_context(garbage.collected(services.registry))
        print(f"http://user.localhost:{listener.getsockname()[1]}", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await _held(database_url) | {"sessions": len(services.registry)}), flush=True)
        await services.registry.drain(timeout_s=1)


async def _held(database_url: str) -> dict[str, float]:
    """What this process holds, how many conversations are on record, and of those without an end."""
    connection = await asyncpg.connect(database_url)
    try:
        ((kept, begun, unended),) = await connection.fetch(
            """
            SELECT (SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_type = 'client backend'),
                   count(*), count(*) FILTER (WHERE ended_at IS NULL)
            FROM conversations
            """
        )
        return inside(kept=kept) | {"begun": begun, "unended": unended}
    finally:
        await connection.close()


def main() -> None:
    """Open PostgreSQL and serve. Arguments: the core for it all but the database; how many may talk, if not MANY."""
    core, most, *_ = [*map(int, sys.argv[1:]), MANY]
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder),
            port=0,
            voice_max_sessions=most,
            voice_max_sessions_per_caller=MANY,
            _env_file=None,
        )
        with database.opened(settings) as url:
            database.migrate(url)
            # Threads that begin later inherit it.
            os.sched_setaffinity(0, {core})
            hearing = EmbeddedHearing.load()
            asyncio.run(serve(settings, url, hearing))
            hearing.close()


if __name__ == "__main__":
    main()
