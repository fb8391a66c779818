"""The command line as a process of its own, out of reach of the developer's `.env` and settings."""

import os
import sys
from pathlib import Path

from server.settings import Settings

ROOT = Path(__file__).parents[1]


def command(*arguments: str) -> list[str]:
    """`python -m server …`; run it in a folder without `.env`."""
    return [sys.executable, "-m", "server", *arguments]


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """This machine's environment with only these settings, and a port that the system chooses."""
    names = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, "PYTHONPATH": str(ROOT), "DATA_DIR": str(data_dir), "PORT": "0", **settings}
