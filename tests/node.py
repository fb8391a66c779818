"""Tests that run in Node, as tests here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def passes(program: str, /, *arguments: str, folder: Path, needs: str, **settings: str) -> str:
    """Run `program` (node or npm) in a folder that `needs` has installed; return what it says.

    When its tests fail, what it says is the message.
    """
    found = shutil.which(program)
    assert found, f"There is no {program} on PATH. Install Node.js 20 or newer; on Debian: apt-get install nodejs npm"
    assert (folder / "node_modules").is_dir(), f"`{needs}` installs what these tests need."
    done = subprocess.run(
        [found, *arguments],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{done.stdout}\n{done.stderr}", pytrace=False)
    return done.stdout
