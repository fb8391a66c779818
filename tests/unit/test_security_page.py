"""SECURITY.md and docs/asvs.md can be believed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/asvs.md"])
def test_every_proof_exists(page: str) -> None:
    """Each test that the page names is there."""
    text = (ROOT / page).read_text()
    named = set(re.findall(r"`(test_\w+)`", text))
    files = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    written = set(re.findall(r"def (test_\w+)\(", "\n".join(files.values())))
    assert len(named) > 20
    assert named - written == set()
    assert set(re.findall(r"`(test_\w+\.py)`", text)) <= set(files)
