"""The folder of recordings: who may listen, and what leaves it when."""

from collections.abc import Collection
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


class Known(Protocol):
    """What is asked of the database."""

    async def existing(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of the conversations that are still there."""


class Recordings:
    """One file for each recorded conversation, named after it. All processes, and the worker, need the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, conversation_id: ConversationId) -> Path:
        """Where a conversation's recording lies. Raises NoRecording."""
        file = file_of(self._folder, conversation_id)
        if not file.is_file():
            raise NoRecording(conversation_id)
        return file

    def delete(self, conversation_id: ConversationId) -> None:
        """Delete it, if there is one."""
        file = file_of(self._folder, conversation_id)
        file.unlink(missing_ok=True)
        part_of(file).unlink(missing_ok=True)

    async def purge(self, known: Known, *, keep: timedelta, now: datetime) -> None:
        """Delete what is older than `keep`, and what belongs to no conversation; take up what lost its process."""
        files = [(file, _id_of(file)) for file in self._folder.glob("*.ogg*")]
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


def _id_of(file: Path) -> UUID | None:
    try:
        return UUID(file.name.partition(".")[0])
    except ValueError:
        return None
