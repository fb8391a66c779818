"""The folder of recordings: who may listen, and what leaves it when."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog

from pipelines.conversations.records import ConversationId

# No call lasts longer than a day (VOICE_WS_MAX_SECONDS), so what still grows then has lost its process.
ABANDONED_AFTER = timedelta(days=1)
BATCH = 500

log = structlog.get_logger()


def file_of(folder: Path, conversation_id: ConversationId) -> Path:
    """Where a conversation's recording lies; a UUID cannot lead anywhere else."""
    return folder / f"{conversation_id}.ogg"


def part_of(file: Path) -> Path:
    """The same while it grows."""
    return file.with_suffix(".ogg.part")


@dataclass
class NoRecording(Exception):
    """This conversation was not recorded, is not over, or its recording has been deleted."""

    conversation_id: UUID


@dataclass
class RecordingsAway(Exception):
    """The bucket does not answer as it should. `retry_after`: it may soon."""

    reason: str
    retry_after: timedelta = timedelta(seconds=10)


class Known(Protocol):
    """What is asked of the database."""

    async def existing(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of the conversations that are still there."""


class Stored(Protocol):
    """A recording that is not a file here."""

    @property
    def size_bytes(self) -> int:
        """All of it."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` on, and before `end`. Raises RecordingsAway."""


class Recordings(Protocol):
    """Where recordings are kept, one for each recorded conversation, named after it. Each method: RecordingsAway."""

    async def find(self, conversation_id: ConversationId) -> Path | Stored:
        """A conversation's recording. Raises NoRecording."""

    async def delete(self, conversation_id: ConversationId) -> None:
        """Delete it, if there is one."""

    async def purge(self, known: Known, *, keep: timedelta, now: datetime) -> None:
        """Delete what is older than `keep`, and what belongs to no conversation; take up what lost its process."""

    async def collect(self) -> None:
        """Move what is finished to where it stays."""

    async def copy(self, to: Path) -> None:
        """Copy all into a new folder, each as old as it is; what comes and goes meanwhile may be missing."""


class Folder:
    """Recordings as files. All processes, and the worker, need the same folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def find(self, conversation_id: ConversationId) -> Path:
        """Where a conversation's recording lies. Raises NoRecording."""
        file = file_of(self.path, conversation_id)
        if not file.is_file():
            raise NoRecording(conversation_id)
        return file

    async def delete(self, conversation_id: ConversationId) -> None:
        """Delete it, if there is one."""
        file = file_of(self.path, conversation_id)
        file.unlink(missing_ok=True)
        part_of(file).unlink(missing_ok=True)

    async def purge(self, known: Known, *, keep: timedelta, now: datetime) -> None:
        """Delete what is older than `keep`, and what belongs to no conversation; take up what lost its process."""
        files = [(file, id_of(file.name)) for file in self.path.glob("*.ogg*")]
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            existing = await known.existing([found for _, found in batch if found])
            for file, conversation_id in batch:
                age = now - datetime.fromtimestamp(file.stat().st_mtime, UTC)
                if conversation_id not in existing or age > keep:
                    file.unlink(missing_ok=True)
                    log.info("recording_deleted", conversation_id=str(conversation_id), age_days=age.days)
                elif file.suffix == ".part" and age > ABANDONED_AFTER:
                    file.rename(file.with_suffix(""))

    async def collect(self) -> None:
        """Do nothing: it stays here."""

    async def copy(self, to: Path) -> None:
        """Copy all into a new folder. Raises OSError."""
        await asyncio.to_thread(to.mkdir)
        for file in self.path.glob("*.ogg*"):
            # Deleted, finished or moved away since.
            with suppress(FileNotFoundError):
                await asyncio.to_thread(shutil.copy2, file, to / file.name)


def id_of(name: str) -> UUID | None:
    """Whose recording has this name; None if it is no recording."""
    try:
        return UUID(name.partition(".")[0])
    except ValueError:
        return None
