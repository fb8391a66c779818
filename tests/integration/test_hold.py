"""Callers on hold: who asked to wait is waited for; whom staff puts on hold hears music, and is answered nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from pipelines import hold, watch
from pipelines.limits import Limits
from pipelines.tools.desk import Call
from tests.doubles import Doubles, PlainAnswering, loudness
from tests.live_world import LiveWorld, two_processes, until
from tests.voice_world import Caller, doors

# The assistant is louder, and silence is silent.
MUSIC = range(500, 8_000)


@pytest.fixture
def asked() -> list[str]:
    """What the model was asked."""
    return []


@pytest.fixture
async def world(database_url: str, tmp_path: Path, asked: list[str]) -> AsyncIterator[LiveWorld]:
    """Two processes; staff is in the other one."""

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "I would plant a tree."

    heard = "What would you plant in your own garden?"
    providers = Doubles(heard=lambda _audio: heard, answer=answer)
    async with two_processes(database_url, tmp_path, providers=providers) as opened:
        yield opened


async def _music(caller: Caller, *, chunks: int = 10) -> None:
    """Wait for so many chunks of it in a row."""
    row = 0
    while row < chunks:
        before = len(caller.audio())
        await caller.receive()
        for audio in caller.audio()[before:]:
            row = row + 1 if loudness(audio.pcm) in MUSIC else 0


async def test_a_caller_on_hold_hears_music_and_is_answered_nothing(world: LiveWorld, asked: list[str]) -> None:
    """They are told before and thanked after; then the assistant answers again. Both are in the audit log."""
    async with world.here.call() as caller:
        conversation_id = (await world.staff.on_record())["id"]
        path = f"/live/{conversation_id}"
        assert (await world.staff.ask("POST", f"{path}/resume")).status == 204
        for _ in range(2):
            assert (await world.staff.ask("POST", f"{path}/hold")).status == 204
        await _music(caller)
        assert hold.ONE_MOMENT in caller.said()
        await caller.say()
        await caller.hear("user-transcription")
        await _music(caller)
        assert asked == []
        assert (await world.staff.ask("POST", f"{path}/resume")).status == 204
        while hold.THANKS not in caller.said():
            await caller.receive()
        await caller.hear("bot-stopped-speaking")
        await caller.say()
        await until(lambda: len(asked) == 1)
    notes = (await world.staff.told("GET", "/audit"))["events"]
    assert [note["event"] for note in notes[:2]] == ["taken_off_hold", "put_on_hold"]


async def test_a_forgotten_caller_is_taken_back(world: LiveWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assistant comes back by itself; others' callers cannot be put on hold at all."""
    monkeypatch.setattr(hold, "LONGEST_S", 0.4)
    async with world.here.call() as caller:
        conversation_id = (await world.staff.on_record())["id"]
        assert (await world.others.ask("POST", f"/live/{conversation_id}/hold")).status == 404
        assert (await world.staff.ask("POST", f"/live/{conversation_id}/hold")).status == 204
        while hold.THANKS not in caller.said():
            await caller.receive()


async def test_who_asked_to_wait_is_not_asked_whether_they_are_there(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before they have been silent for far too long; what they say next ends the patience."""
    monkeypatch.setattr(hold, "LONGEST_S", 1.0)
    clock = asyncio.get_running_loop().time
    given: list[Call] = []

    def answering(call: Call) -> PlainAnswering:
        given.append(call)
        return PlainAnswering()

    limits = Limits(idle_s=0.3)
    async with doors(pool, limits=limits, answering=answering, greeting="Hi") as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-started-speaking")
        given[0].wait()
        waits_until_s = clock() + hold.LONGEST_S
        while watch.STILL_THERE not in caller.said():
            await caller.receive()
        assert clock() >= waits_until_s
