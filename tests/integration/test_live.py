"""What a store sees and does of its conversations while they go on; they run in another process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live_world import LiveWorld, two_processes


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[LiveWorld]:
    """Two processes."""
    async with two_processes(database_url, tmp_path) as world:
        yield world


async def test_a_store_sees_who_talks_to_it_in_any_process(world: LiveWorld) -> None:
    """Its own conversations, with whom, and no longer than they last."""
    assert await world.staff.running() == []
    async with world.here.call():
        seen = await world.staff.on_record()
        assert (seen["caller"], seen["assistant"], seen["assistant_version"]) == ("Sam", "Ivy", 1)
        assert (seen["channel"], seen["id"]) == ("websocket", str(world.here.services.registry.sessions()[0].id))
        assert await world.others.running() == []
        assert (await world.staff.told("GET", "/overview"))["live_calls"] == 1
    await world.here.empty()
    assert await world.staff.running() == []
