"""Recordings of calls: what is in them, and when they leave."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg
import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.recording import CallRecording, OggFile, Track
from pipelines.conversations.recordings import Folder, NoRecording, file_of, part_of
from pipelines.conversations.records import Conversation, ConversationId
from tests.doubles import tone
from tests.integration.test_conversations import files, settle
from tests.voice_world import RATE_HZ, doors

LOUD = 0.02


def decoded(file: Path) -> NDArray[np.float32]:
    """Both channels of an Opus file, 48,000 samples a second."""
    with av.open(str(file)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def loud_s(channel: NDArray[np.float32]) -> float:
    """For how long somebody speaks."""
    windows = channel[: len(channel) // 480 * 480].reshape(-1, 480)
    return float((np.abs(windows).max(axis=1) > LOUD).sum()) / 100


def begins(channel: NDArray[np.float32]) -> int:
    """The first sample as loud as half of the loudest: a little of each channel is heard in the other."""
    return int(np.argmax(np.abs(channel) > np.abs(channel).max() / 2))


async def test_a_call_is_recorded_as_both_heard_it(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """The caller is on the left and the assistant on the right, each when they spoke; no half file is left."""
    ids: list[ConversationId] = []

    def recorder(conversation: Conversation) -> CallRecording:
        ids.append(conversation.id)
        open_file = partial(OggFile, file_of(tmp_path, conversation.id), sample_rate_hz=RATE_HZ)
        return CallRecording(open_file, sample_rate_hz=RATE_HZ)

    async with doors(pool, recorder=recorder) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.say()
        await caller.hear("bot-stopped-speaking")
        spoken_s = sum(len(audio.pcm) for audio in caller.audio() if any(audio.pcm)) / (2 * RATE_HZ)
        await caller.tell("disconnect-bot")
        await caller.closing()
        await world.empty()

    (file,) = files(tmp_path)
    assert file == file_of(tmp_path, ids[0])
    left, right = decoded(file)
    assert loud_s(left) > 0.2
    assert loud_s(right) > 0.5 * spoken_s
    # The assistant greets before the caller speaks.
    assert begins(right) < begins(left)


def test_a_recording_goes_on_in_another_process(tmp_path: Path) -> None:
    """What the first one has recorded comes first, then the silence in between; nothing else is left."""
    file = tmp_path / "call.ogg"

    def stereo(seconds: float) -> bytes:
        return np.repeat(np.frombuffer(tone(seconds=seconds, rate_hz=RATE_HZ), "<i2"), 2).tobytes()

    first = OggFile(file, sample_rate_hz=RATE_HZ)
    first.write(stereo(2))
    first.close(over=False)
    assert not file.exists()
    second = OggFile(file, 3.0, sample_rate_hz=RATE_HZ)
    second.write(stereo(1))
    second.close()
    left = decoded(file)[0]
    assert len(left) / 48_000 == pytest.approx(4, abs=0.1)
    assert [loud_s(left[:144_000]), loud_s(left[144_000:])] == pytest.approx([2, 1], abs=0.1)
    assert list(tmp_path.iterdir()) == [file]


async def test_a_disk_that_refuses_costs_no_call(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """A recording that cannot be written is none; the conversation goes on."""
    (tmp_path / "file").touch()
    open_file = partial(OggFile, tmp_path / "file" / "x.ogg", sample_rate_hz=RATE_HZ)
    recording = CallRecording(open_file, sample_rate_hz=RATE_HZ)
    async with doors(pool, recorder=lambda _conversation: recording) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.say()
        await caller.hear("bot-stopped-speaking")
        assert "You said hello there." in caller.said()


async def test_the_consent_comes_first(pool: asyncpg.Pool) -> None:
    """Whoever speaks before the greeting is told all the same that the call is recorded."""
    async with doors(pool, consent="This call is recorded.") as world, world.call() as caller:
        await caller.say()
        while "recorded" not in caller.said():
            await caller.hear("bot-stopped-speaking")


def test_a_track_keeps_the_time() -> None:
    """Silence stands where nothing came, and an unsteady network adds none."""
    track = Track(RATE_HZ)
    second = tone(seconds=1, rate_hz=RATE_HZ)
    track.add(second, at_s=1.0)
    track.add(second, at_s=2.1)
    track.add(second, at_s=5.0)
    taken = track.take(6.0).tobytes()
    assert taken == second + second + bytes(2 * 2 * RATE_HZ) + second + bytes(2 * RATE_HZ)
    assert len(track) == 0


async def test_recordings_leave_with_age_and_with_their_conversation(pool: asyncpg.Pool, tmp_path: Path) -> None:
    """What is too old goes, and what belongs to nothing; what a killed process left is taken up."""
    people, queries = await settle(pool, "leaf"), ConversationQueries(pool)
    kept, old, left = [people.conversation() for _ in range(3)]
    for conversation in (kept, old, left):
        await queries.start(conversation)
    now = datetime.now(UTC)
    for file, age in (
        (file_of(tmp_path, kept.id), timedelta(days=29)),
        (file_of(tmp_path, old.id), timedelta(days=31)),
        (part_of(file_of(tmp_path, left.id)), timedelta(days=2)),
        (file_of(tmp_path, ConversationId(uuid4())), timedelta(0)),
    ):
        file.touch()
        os.utime(file, times=((now - age).timestamp(),) * 2)

    recordings = Folder(tmp_path)
    await recordings.purge(queries, keep=timedelta(days=30), now=now)
    assert files(tmp_path) == {file_of(tmp_path, kept.id), file_of(tmp_path, left.id)}
    with pytest.raises(NoRecording):
        await recordings.find(old.id)
