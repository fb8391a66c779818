"""Weights that arrive in parts are joined once, and only when they are the right ones."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.providers.embedded import weights
from pipelines.providers.embedded.weights import Carried, Part, PartMissing, WeightsDamaged, WeightsUnwritable, join

CONTENT = os.urandom(1000)


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Carried:
    """Three importable packages with a part each; importing one would fail."""
    packages = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(packages)
    for number in range(3):
        data = packages / f"carrier_{number}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("raise RuntimeError('imported')")
        (data / "part.bin").write_bytes(CONTENT[number * 400 : (number + 1) * 400])
    return Carried(
        file_name="tiny.gguf",
        parts=tuple(Part(f"carrier_{number}", "data/part.bin") for number in range(3)),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the weights are joined; it does not exist yet."""
    return tmp_path / "data" / "models"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose content was read."""
    seen: list[Path] = []
    chunks = weights._chunks  # noqa: SLF001 - the one place that reads content

    def noted(path: Path) -> Iterator[bytes]:
        seen.append(path)
        return chunks(path)

    monkeypatch.setattr(weights, "_chunks", noted)
    return seen


def part(carried: Carried, tmp_path: Path, number: int) -> Path:
    """The file that holds a part."""
    return tmp_path / "site-packages" / carried.parts[number].package / carried.parts[number].path


def test_parts_are_joined_in_order(carried: Carried, folder: Path) -> None:
    """The file is the parts one after the other, and no code of their packages runs."""
    assert join(carried, folder).read_bytes() == CONTENT


def test_a_later_start_reads_nothing(carried: Carried, folder: Path, reads: list[Path]) -> None:
    """A file of unchanged size and time is trusted."""
    join(carried, folder)
    reads.clear()
    join(carried, folder)
    assert reads == []


def test_a_touched_file_is_read_again(carried: Carried, folder: Path, reads: list[Path]) -> None:
    """A file of another time is trusted only once its hash was found right."""
    path = join(carried, folder)
    reads.clear()
    os.utime(path, ns=(1, 1))
    join(carried, folder)
    assert reads == [path]
    join(carried, folder)
    assert reads == [path]


def test_a_changed_file_is_joined_again(carried: Carried, folder: Path) -> None:
    """A file that somebody changed is never loaded."""
    path = join(carried, folder)
    path.write_bytes(CONTENT[::-1])
    assert join(carried, folder).read_bytes() == CONTENT


def test_other_parts_are_refused(carried: Carried, folder: Path, tmp_path: Path) -> None:
    """Parts that do not add up to the expected hash leave no file, and the error says both hashes."""
    part(carried, tmp_path, 1).write_bytes(b"something else")
    with pytest.raises(WeightsDamaged, match=carried.sha256):
        join(carried, folder)
    assert not list(folder.glob("*.gguf"))
    assert not list(folder.glob("*.partial"))


def test_a_missing_package_is_named(carried: Carried, folder: Path) -> None:
    """The error says which package is missing and what installs it."""
    with_another = Carried(
        file_name=carried.file_name,
        parts=(*carried.parts, Part("carrier_9", "data/part.bin")),
        sha256=carried.sha256,
        size_bytes=carried.size_bytes,
    )
    with pytest.raises(PartMissing, match=r"carrier-9.*pip install") as error:
        join(with_another, folder)
    assert error.value.package == "carrier_9"


def test_a_joining_that_was_killed_begins_again(carried: Carried, folder: Path) -> None:
    """What a killed process has left is written over."""
    folder.mkdir(parents=True)
    (folder / "tiny.partial").write_bytes(b"x" * 5000)
    assert join(carried, folder).read_bytes() == CONTENT
    assert not list(folder.glob("*.partial"))


def test_a_full_disk_is_one_clear_error(carried: Carried, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how much room is needed, and nothing half-written stays."""

    def full(path: Path) -> Iterator[bytes]:
        yield path.read_bytes()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(weights, "_chunks", full)
    with pytest.raises(WeightsUnwritable, match="No space left"):
        join(carried, folder)
    assert not list(folder.glob("*.partial"))
    assert not list(folder.glob("*.gguf"))
