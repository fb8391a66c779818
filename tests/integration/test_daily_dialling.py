"""Calls over Daily that a store makes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.daily_phone import FRIEND, caller_of, dial, on_record, shown
from tests.daily_world import NUMBER, DailyWorld, daily_world
from tests.doubles import Doubles
from tests.services import DEADLINE_S


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[DailyWorld]:
    """A server that calls people, who ask what it is."""
    async with daily_world(database_url, tmp_path, providers=Doubles(heard=lambda _audio: "what are you")) as opened:
        yield opened


async def test_somebody_is_called_and_talks(world: DailyWorld) -> None:
    """From a number of ours, out of a room that may dial; with what the store wants said first."""
    call = await dial(world, greeting="Your order is ready")
    assert (call["state"], call["direction"]) == ("ringing", "outbound")
    ((session, (_, settings)),) = world.cloud.dialled.items()
    assert (settings["phoneNumber"], settings["callerId"]) == (FRIEND, world.rest.numbers[NUMBER])
    friend = world.cloud.answer(session)
    await caller_of(world)
    assert (await shown(world, call, "live"))["live_at"]
    await on_record(world, "Your order is ready")
    friend.say()
    async with asyncio.timeout(DEADLINE_S):
        while (await shown(world, call, "live"))["answered_by"] != "human":  # noqa: ASYNC110 - a row
            await asyncio.sleep(0.02)
    friend.leave()
    assert (await shown(world, call))["end_reason"] == "caller_left"


async def test_a_busy_line_ends_the_call(world: DailyWorld) -> None:
    """And says why; no room is left."""
    call = await dial(world)
    (session,) = world.cloud.dialled
    world.cloud.decline(session)
    assert (await shown(world, call))["end_reason"] == "busy"
    assert world.rest.rooms == {}


async def test_whoever_does_not_pick_up_is_rung_no_longer(world: DailyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """After half a minute."""
    monkeypatch.setattr("telephony.daily.calls.RING_S", 0.1)
    call = await dial(world)
    assert (await shown(world, call))["end_reason"] == "not_connected"
    assert world.cloud.dialled == {}
    await world.until(lambda: world.rest.rooms == {})


async def test_a_call_that_daily_does_not_make_is_said(world: DailyWorld) -> None:
    """503 to whoever asked, and nobody is called twice."""
    world.rest.numbers.clear()
    status, refused = await world.ask("POST", "store/phone/calls", {"to": FRIEND})
    assert (status, refused["error"]["code"]) == (503, "phone_unavailable")
    assert world.cloud.dialled == {}
    assert world.rest.rooms == {}


async def test_a_machine_is_told_what_the_store_wants(database_url: str, tmp_path: Path) -> None:
    """Once its greeting is over, and nothing else; then the call is over."""
    heard = "You have reached Sam. Please leave a message after the tone."
    async with daily_world(database_url, tmp_path, providers=Doubles(heard=lambda _audio: heard)) as world:
        call = await dial(world, voicemail="Please call the garden")
        (session,) = world.cloud.dialled
        machine = world.cloud.answer(session)
        await caller_of(world)
        machine.say()
        over = await shown(world, call)
        assert (over["end_reason"], over["answered_by"]) == ("machine", "machine")
        await world.conversations()
        said = await world.pool.fetch("SELECT text FROM turns WHERE speaker = 'assistant' ORDER BY started_at")
        assert said[-1]["text"] == "Please call the garden"
