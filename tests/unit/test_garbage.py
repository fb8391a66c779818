"""When what conversations leave behind is looked for."""

import asyncio
import gc
import weakref

import pytest

from pipelines.identity import Guests
from pipelines.registry import Registry
from server import garbage

OLDEST = 2


class Circle:
    """Nothing but a full collection finds it, once it is old."""

    def __init__(self) -> None:
        self.itself = self


async def test_it_is_found_when_nobody_talks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python itself does not look for it; whoever stops serving leaves things as they were."""
    monkeypatch.setattr(garbage, "LOOKS_EVERY_S", 0.0)
    before = gc.get_threshold()
    registry = Registry(capacity=1)
    async with garbage.collected(registry):
        circle = Circle()
        gc.collect(OLDEST - 1)
        assert any(each is circle for each in gc.get_objects(OLDEST))
        left = weakref.ref(circle)
        with registry.place(Guests(b"key").known_by("visitor", "one")):
            del circle
            await asyncio.sleep(0)
            assert gc.get_threshold() != before
        async with asyncio.timeout(5):
            while left() is not None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
    assert gc.get_threshold() == before
