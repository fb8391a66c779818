"""`make upgrade FROM=v0.1.0`: people call an older release while the newer one's migrations are applied beneath it.

The older code runs from a work tree of its own, with models that cost nothing; callers stay on it through the migration
and after it, and then call the newer code on the same database. Progress, then one line of JSON; the exit status is 1
when a caller was lost, an answer missing or a conversation not on record.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from server import database
from tests.load.soak import People, serving
from tests.load.voice.lines import as_messages, said_through
from tests.load.voice.measures import Noted

ROOT = Path(__file__).parents[2]
PHASE_S = 25.0


@contextmanager
def work_tree(release: str) -> Iterator[Path]:
    """The older code."""
    with TemporaryDirectory(prefix="storeline-") as folder:
        tree = Path(folder) / "older"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", str(tree), release], cwd=ROOT, check=True)  # noqa: S607 - git, wherever it is
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)  # noqa: S607 - as above


def migrated_by(tree: Path, url: str) -> str:
    """Apply the migrations of this code; return what it says."""
    command = [sys.executable, "-m", "server", "migrate"]
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def upgrade(tree: Path, url: str, *, callers: int) -> dict[str, object]:
    """Call before, during and after."""
    said = await said_through(as_messages, None)
    noted: dict[str, Noted] = {}
    async with serving(tree, DATABASE_URL=url) as older:
        people = People(older.url, said)
        calling = asyncio.create_task(people.call(callers, seconds=2 * PHASE_S))
        await asyncio.sleep(PHASE_S)
        applied = await asyncio.to_thread(migrated_by, ROOT, url)
        print(f"  {applied}", flush=True)
        await calling
        noted["older"] = people.noted
        async with serving(ROOT, DATABASE_URL=url) as newer:
            both = {"older, afterwards": People(older.url, said), "newer": People(newer.url, said)}
            await asyncio.gather(*(people.call(callers, seconds=PHASE_S) for people in both.values()))
            noted |= {name: people.noted for name, people in both.items()}
    with psycopg.connect(url) as connection:
        (begun, ended) = connection.execute("SELECT count(*), count(ended_at) FROM conversations").fetchone() or (0, 0)
    calls = sum(each.admitted for each in noted.values())
    return {
        "applied": applied.split(),
        "calls": calls,
        "answers": {name: len(each.voice_to_voice_ms) for name, each in noted.items()},
        "errors": {name: dict(each.errors) for name, each in noted.items() if each.errors},
        "on_record": [begun, ended],
        "broken": bool(any(each.errors for each in noted.values()) or not begun == ended == calls),
    }


def main() -> None:
    """Try it, and tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.upgrade", description=__doc__)
    parser.add_argument("release", help="a tag or commit that is older than a migration")
    parser.add_argument("--callers", type=int, default=2)
    args = parser.parse_args()
    with (
        work_tree(args.release) as tree,
        TemporaryDirectory(prefix="storeline-") as folder,
        database.embedded(Path(folder)) as url,
    ):
        print(f"  {migrated_by(tree, url)}", flush=True)
        found = asyncio.run(upgrade(tree, url, callers=args.callers))
    print(json.dumps(found))
    sys.exit(bool(found["broken"]))


if __name__ == "__main__":
    main()
