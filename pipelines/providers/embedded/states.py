"""What the model has read, kept on disk so that it need not be read again: 28 KB a token."""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from pipecat.processors.aggregators.llm_context import LLMContextMessage

PREFIX_KEPT_S = 7 * 24 * 3600.0
# Of stores, those that were called last: 55 MB each.
MAX_OPENINGS = 16


class States:
    """Files in a folder that several processes may share: each is there whole, or not at all.

    What was read with another model, llama.cpp, number or size of slots cannot be used, and has another name.
    """

    def __init__(self, folder: Path, model: Path, *, slots: int, slot_tokens: int) -> None:
        self._folder = folder
        self._model = model
        self._slots = (slots, slot_tokens)

    def prefix(self, messages: Sequence[LLMContextMessage]) -> Path:
        """The file of what all conversations begin with; what other versions left long ago goes."""
        state = self._file(messages, "prefix")
        for other in set(self._folder.glob("*.prefix")) - {state}:
            # A newer one may be of another version, which starts from the same folder during an update.
            if time.time() - other.stat().st_mtime > PREFIX_KEPT_S:
                other.unlink(missing_ok=True)
        return state

    def opening(self, messages: Sequence[LLMContextMessage]) -> Path:
        """The file of what the conversations of one store begin with."""
        return self._file(messages, "opening")

    def used(self, state: Path) -> None:
        """Note that it is worth keeping."""
        with contextlib.suppress(OSError):
            os.utime(state)

    def drop(self, state: Path) -> None:
        """Forget what cannot be used."""
        state.unlink(missing_ok=True)

    @contextlib.contextmanager
    def draft(self, state: Path) -> Iterator[str]:
        """The name of a file to write, which becomes `state` unless that fails. Raises OSError."""
        draft = state.with_suffix(f".{os.getpid()}")
        try:
            yield draft.name
            draft.replace(state)
        finally:
            draft.unlink(missing_ok=True)
        openings = sorted(self._folder.glob("*.opening"), key=lambda file: file.stat().st_mtime)
        for file in openings[:-MAX_OPENINGS]:
            file.unlink(missing_ok=True)

    @cached_property
    def _read_by(self) -> list[str | int]:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._model.stat()
        return [str(self._model), file.st_size, file.st_mtime_ns, version("xllamacpp"), *self._slots]

    def _file(self, messages: Sequence[LLMContextMessage], kind: str) -> Path:
        digest = hashlib.sha256(json.dumps([self._read_by, list(messages)]).encode()).hexdigest()
        return self._folder / f"{digest[:16]}.{kind}"
