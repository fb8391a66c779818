"""Recordings in a bucket: moved there, played from there in ranges, and really deleted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from pipelines.conversations.bucket import Bucket
from pipelines.conversations.playback import played
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.recordings import Folder, NoRecording, RecordingsAway, file_of
from pipelines.conversations.records import ConversationId
from server import recordings
from server.backup import BackupFailed, back_up
from server.doctor import outside
from server.settings import Settings
from tests.integration.test_conversations import settle
from tests.s3 import BUCKET, KEY_ID, S3, s3

SOUND = bytes(range(256)) * 40


@pytest.fixture
async def cloud() -> AsyncIterator[S3]:
    """A bucket."""
    async with s3() as double:
        yield double


@pytest.fixture
def settings(cloud: S3, tmp_path: Path) -> Settings:
    """They name the bucket."""
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        recordings_dir=tmp_path / "recordings",
        recordings_bucket=BUCKET,
        s3_endpoint=cloud.url,
        s3_region="us-test-1",
        s3_access_key_id=KEY_ID,
        s3_secret_access_key=SecretStr("secret"),
    )


@pytest.fixture
def kept(settings: Settings) -> Bucket:
    """The recordings, in folder and bucket."""
    settings.recordings_folder.mkdir()
    bucket = recordings.kept(settings)
    assert isinstance(bucket, Bucket)
    return bucket


def recorded(settings: Settings, sound: bytes = SOUND) -> ConversationId:
    """A conversation with a finished recording."""
    conversation_id = ConversationId(uuid4())
    file_of(settings.recordings_folder, conversation_id).write_bytes(sound)
    return conversation_id


def name_of(conversation_id: ConversationId) -> str:
    """Of its object."""
    return f"recordings/{conversation_id}.ogg"


@pytest.mark.parametrize("size", [10_000, 6_000_000])
async def test_what_is_finished_moves_into_the_bucket(cloud: S3, settings: Settings, kept: Bucket, size: int) -> None:
    """Whole, also when it goes in parts; what still grows stays. Before and after, it is found."""
    conversation_id = recorded(settings, sound := bytes(size - 1) + b"x")
    growing = settings.recordings_folder / f"{uuid4()}.ogg.part"
    growing.touch()
    assert isinstance(await kept.find(conversation_id), Path)
    await kept.collect()
    assert cloud.objects == {name_of(conversation_id): sound}
    assert list(settings.recordings_folder.iterdir()) == [growing]
    stored = await kept.find(conversation_id)
    assert not isinstance(stored, Path)
    assert stored.size_bytes == size


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize(
    ("asked", "status", "answered", "content_range"),
    [
        (None, 200, slice(None), None),
        ("bytes=0-99", 206, slice(0, 100), "bytes 0-99/10240"),
        ("bytes=10000-", 206, slice(10_000, None), "bytes 10000-10239/10240"),
        ("bytes=-40", 206, slice(-40, None), "bytes 10200-10239/10240"),
        ("bytes=10200-99999", 206, slice(10_200, None), "bytes 10200-10239/10240"),
        ("bytes=20000-", 416, slice(0, 0), "bytes */10240"),
    ],
)
async def test_it_is_played_in_ranges(
    cloud: S3,
    settings: Settings,
    kept: Bucket,
    moved: bool,  # noqa: FBT001 - the same
    asked: str | None,
    status: int,
    answered: slice,
    content_range: str | None,
) -> None:
    """The same from folder and bucket, and no more is fetched than is asked for."""
    conversation_id = recorded(settings)
    if moved:
        await kept.collect()

    async def play(request: web.Request) -> web.StreamResponse:
        return await played(request, await kept.find(conversation_id))

    app = web.Application()
    app.router.add_get("/", play)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/", headers={"Range": asked} if asked else {})
        body = await answer.read()
    assert answer.status == status
    if status != 416:
        assert body == SOUND[answered]
        assert answer.content_type == "audio/ogg"
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers.get("Content-Range") == content_range
    assert len(cloud.ranges) == (moved and status != 416)


async def test_deleted_is_deleted(cloud: S3, settings: Settings, kept: Bucket) -> None:
    """Here and there, and as often as one likes."""
    here, there = recorded(settings), recorded(settings)
    await kept.collect()
    file_of(settings.recordings_folder, here).write_bytes(SOUND)
    for conversation_id in (here, there, there):
        await kept.delete(conversation_id)
        with pytest.raises(NoRecording):
            await kept.find(conversation_id)
    assert cloud.objects == {}


async def test_what_is_deleted_while_it_is_copied_goes_too(
    cloud: S3, settings: Settings, kept: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy does not outlive it."""
    conversation_id = recorded(settings)

    def put(name: str, body: bytes) -> None:
        file_of(settings.recordings_folder, conversation_id).unlink()
        cloud.objects[name] = body

    monkeypatch.setattr(cloud, "put", put)
    await kept.collect()
    assert cloud.objects == {}


async def test_old_ones_leave_the_bucket(pool: asyncpg.Pool, cloud: S3, kept: Bucket) -> None:
    """And those of conversations that are gone."""
    people, queries, now = await settle(pool, "leaf"), ConversationQueries(pool), datetime.now(UTC)
    young, old, gone = [people.conversation() for _ in range(3)]
    for conversation in (young, old):
        await queries.start(conversation)
    for conversation, age in ((young, 29), (old, 31), (gone, 1)):
        cloud.put(name_of(conversation.id), SOUND, now - timedelta(days=age))
    await kept.purge(queries, keep=timedelta(days=30), now=now)
    assert list(cloud.objects) == [name_of(young.id)]


async def test_a_bucket_that_is_away_loses_nothing(cloud: S3, settings: Settings, kept: Bucket) -> None:
    """What is not there yet is played from the folder, and moved later."""
    conversation_id = recorded(settings)
    cloud.away = True
    with pytest.raises(RecordingsAway):
        await kept.collect()
    assert isinstance(await kept.find(conversation_id), Path)
    with pytest.raises(RecordingsAway):
        await kept.find(ConversationId(uuid4()))
    cloud.away = False
    await kept.collect()
    assert list(cloud.objects) == [name_of(conversation_id)]


async def test_the_doctor_tries_the_bucket(cloud: S3, settings: Settings) -> None:
    """By putting, getting and deleting; and nothing of it stays."""
    (well,) = await outside.bucket(settings)
    assert (well.well, cloud.objects) == (True, {})
    cloud.away = True
    (ill,) = await outside.bucket(settings)
    assert not ill.well
    assert "RECORDINGS_BUCKET" in str(ill)
    assert await outside.bucket(settings.model_copy(update={"recordings_bucket": None})) == []


def test_without_a_bucket_there_is_the_folder(tmp_path: Path) -> None:
    """As ever."""
    assert isinstance(recordings.kept(Settings(_env_file=None, data_dir=tmp_path)), Folder)


async def test_a_backup_holds_what_is_in_the_bucket(
    cloud: S3, settings: Settings, kept: Bucket, database_url: str, tmp_path: Path
) -> None:
    """With its age, beside what has not been moved there yet; one without it is none."""
    here = settings.model_copy(update={"database_url": SecretStr(database_url)})
    stored, age = recorded(settings), timedelta(days=3)
    await kept.collect()
    cloud.put(name_of(stored), SOUND, changed=datetime.now(UTC) - age)
    cloud.put("recordings/stray.txt", b"x")
    waiting = recorded(settings)
    await asyncio.to_thread(back_up, here, tmp_path / "backup")
    copied = {file.name: file for file in (tmp_path / "backup" / "recordings").iterdir()}
    assert set(copied) == {f"{stored}.ogg", f"{waiting}.ogg"}
    file = copied[f"{stored}.ogg"]
    assert file.read_bytes() == SOUND
    assert datetime.now(UTC) - datetime.fromtimestamp(file.stat().st_mtime, UTC) > age - timedelta(minutes=1)

    cloud.away = True
    with pytest.raises(BackupFailed, match="bucket"):
        await asyncio.to_thread(back_up, here, tmp_path / "another")
    assert not (tmp_path / "another").exists()
