"""Recordings in a bucket that speaks Amazon S3's protocol: Amazon's own, MinIO, Ceph, Garage, R2 and others.

Calls are recorded into the folder as ever; the worker moves what is finished into the bucket. So a bucket that is away
costs nothing, and a file is in one of the two at any time. https://docs.aws.amazon.com/AmazonS3/latest/API/
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from pipelines.conversations.recordings import (
    BATCH,
    Folder,
    Known,
    NoRecording,
    RecordingsAway,
    Stored,
    file_of,
    id_of,
)
from pipelines.conversations.records import ConversationId

if TYPE_CHECKING:
    from obstore.store import S3Config

PREFIX = "recordings/"
CONNECT_TIMEOUT = timedelta(seconds=5)
# Of one request, its body included.
TIMEOUT = timedelta(seconds=60)
MAX_RETRIES = 2
RETRY_WITHIN = timedelta(seconds=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """Which bucket, and with which key. Without `endpoint` it is Amazon's; without a key, what this machine may do."""

    name: str
    region: str
    endpoint: str | None = None
    key_id: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One recording in the bucket. See `pipelines.conversations.recordings.Stored`."""

    store: S3Store
    path: str
    size_bytes: int

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` on, and before `end`. Raises RecordingsAway."""
        with _away():
            found = await obstore.get_async(self.store, self.path, options={"range": (start, end)})
            async for chunk in found.stream():
                yield bytes(chunk)


class Bucket:
    """Recordings in a bucket, and those in `folder` that are not there yet."""

    def __init__(self, access: BucketAccess, folder: Folder) -> None:
        self._store = opened(access)
        self._folder = folder

    async def find(self, conversation_id: ConversationId) -> Path | Stored:
        """A conversation's recording. Raises NoRecording or RecordingsAway."""
        try:
            return await self._folder.find(conversation_id)
        except NoRecording:
            path = _path(conversation_id)
            try:
                with _away():
                    found = await obstore.head_async(self._store, path)
            except FileNotFoundError:
                raise NoRecording(conversation_id) from None
            return StoredObject(self._store, path, found["size"])

    async def delete(self, conversation_id: ConversationId) -> None:
        """Delete it here and there. Raises RecordingsAway."""
        # The file first: `collect`, which may be at it, then takes back what it has copied.
        await self._folder.delete(conversation_id)
        await self._delete(_path(conversation_id))

    async def purge(self, known: Known, *, keep: timedelta, now: datetime) -> None:
        """Delete what is older than `keep`, and what belongs to no conversation. Raises RecordingsAway."""
        await self._folder.purge(known, keep=keep, now=now)
        with _away():
            async for batch in obstore.list(self._store, prefix=PREFIX, chunk_size=BATCH):
                ids = [(each, id_of(Path(each["path"]).name)) for each in batch]
                existing = await known.existing([found for _, found in ids if found])
                for each, conversation_id in ids:
                    age = now - each["last_modified"]
                    if conversation_id not in existing or age > keep:
                        await self._delete(each["path"])
                        log.info("recording_deleted", conversation_id=str(conversation_id), age_days=age.days)

    async def collect(self) -> None:
        """Move what is finished in the folder into the bucket. Raises RecordingsAway."""
        for file in sorted(self._folder.path.glob("*.ogg")):
            conversation_id = id_of(file.name)
            if conversation_id is None:
                continue
            path = _path(ConversationId(conversation_id))
            with _away():
                await obstore.put_async(self._store, path, file, attributes={"Content-Type": "audio/ogg"})
            try:
                await asyncio.to_thread(file.unlink)
            except FileNotFoundError:
                # Deleted while it was copied.
                await self._delete(path)
            else:
                log.info("recording_stored", conversation_id=str(conversation_id))

    async def copy(self, to: Path) -> None:
        """Copy all into a new folder, and the bucket's after the folder's, so that what moves is found in one of them.

        Raises RecordingsAway or OSError.
        """
        await self._folder.copy(to)
        with _away():
            async for batch in obstore.list(self._store, prefix=PREFIX, chunk_size=BATCH):
                for each in batch:
                    conversation_id = id_of(Path(each["path"]).name)
                    if conversation_id is not None:
                        file = file_of(to, ConversationId(conversation_id))
                        await self._fetch(each["path"], file, changed=each["last_modified"])

    async def _fetch(self, path: str, file: Path, *, changed: datetime) -> None:
        found = await obstore.get_async(self._store, path)
        with file.open("wb") as written:
            async for chunk in found.stream():
                written.write(chunk)
        os.utime(file, times=(changed.timestamp(),) * 2)

    async def _delete(self, path: str) -> None:
        try:
            with _away():
                await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            pass


def opened(access: BucketAccess) -> S3Store:
    """Where objects are put and got; nothing is asked yet."""
    # Not all that speak S3 know how to delete several at once.
    config: S3Config = {"region": access.region, "disable_bulk_delete": True}
    if access.endpoint:
        config["endpoint"] = access.endpoint
    if access.key_id and access.secret:
        config["access_key_id"], config["secret_access_key"] = access.key_id, access.secret
    plain = access.endpoint is not None and access.endpoint.startswith("http://")
    return S3Store(
        access.name,
        config=config,
        client_options={"allow_http": plain, "connect_timeout": CONNECT_TIMEOUT, "timeout": TIMEOUT},
        retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_WITHIN},
    )


async def check(access: BucketAccess) -> None:
    """Put an object, get it and delete it. Raises RecordingsAway."""
    store, path, content = opened(access), f"{PREFIX}check-{uuid4()}", b"x"
    with _away():
        await obstore.put_async(store, path, content)
        found = bytes(await (await obstore.get_async(store, path)).bytes_async())
        await obstore.delete_async(store, path)
    if found != content:
        raise RecordingsAway("it gives back something else than it was given")


def _path(conversation_id: ConversationId) -> str:
    return PREFIX + file_of(Path(), conversation_id).name


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except BaseError as error:
        # Its text can quote what was sent.
        log.warning("bucket_failed", error=type(error).__name__)
        raise RecordingsAway(type(error).__name__) from error
