"""`make bench-portal`: the store portal's list of 50,000 conversations, in Chromium: scrolled to its end, and filtered.

One server without models and a store with as many past calls, each with a question and an answer. Reported are the
times between frames while the list is scrolled faster than anybody reads, and how soon filters and a search show what
they found. The last line is JSON.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import asyncpg
from aiohttp.test_utils import unused_port

from server import app, database, demo
from server.services import open_services
from server.settings import Settings
from tests.commands import ROOT
from tests.doubles import Doubles
from tests.e2e.portal_data import furnish_at
from tests.voice_world import served

CALLS = 50_000
BROWSER = ROOT / "tests" / "e2e" / "browser"

_TURNS = """
    INSERT INTO turns (conversation_id, position, speaker, text, started_at, ended_at, interrupted)
    SELECT id, position, CASE position WHEN 0 THEN 'caller' ELSE 'assistant' END,
           CASE position WHEN 0 THEN (ARRAY['What time do you open on Saturday?', 'How much is the snake plant?',
                                            'Does the orchid need direct sun?'])[1 + abs(hashtext(id::text)) % 3]
                         ELSE 'We are happy to help with that.' END,
           started_at + position * interval '2 seconds', started_at + (position + 1) * interval '2 seconds', FALSE
    FROM conversations, generate_series(0, 1) AS position
    WHERE NOT EXISTS (SELECT FROM turns WHERE conversation_id = id)
"""


async def main() -> None:
    """Furnish, serve, and have a browser look at it."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("There is no node on PATH; `make browsers` installs the rest.")
    with tempfile.TemporaryDirectory(prefix="storeline-bench-") as folder:
        data_dir = Path(folder)
        # Cookies are only taken of the server's own pages, so it knows its port beforehand.
        settings = Settings(_env_file=None, data_dir=data_dir, port=unused_port())
        with database.embedded(data_dir) as url:
            database.migrate(url)
            async with open_services(settings, url, Doubles()) as services:
                await demo.seed(services)
                await furnish_at(url, data_dir, calls=CALLS)
                await _say_something(url)
                async with served(app.build(settings, services), port=settings.port) as origin:
                    store = str(origin.with_host("store.localhost").origin())
                    # What it measures is what the browser sees, so nothing else may wait for it here.
                    await asyncio.to_thread(
                        subprocess.run,
                        [node, "list-bench.js"],
                        cwd=BROWSER,
                        env={**os.environ, "STORE_ORIGIN": store, "USER_ORIGIN": store, "CALLS": str(CALLS)},
                        check=True,
                    )


async def _say_something(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_TURNS)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
