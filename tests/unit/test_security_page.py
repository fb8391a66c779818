"""SECURITY.md can be believed."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_proof_exists() -> None:
    """Each test that the page names is there."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text()))
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    written = set(re.findall(r"def (test_\w+)\(", tests))
    assert len(named) > 20
    assert named - written == set()
