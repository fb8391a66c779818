"""Who is given which of the model's slots."""

import asyncio

from pipelines.providers.embedded.slots import Slots


async def test_whoever_comes_back_gets_the_slot_that_knows_them() -> None:
    """Else one in which the store's opening has been read, and else the one that was idle longest."""
    slots = Slots(3)
    async with slots.lend("ann", None) as anns, slots.lend("bob", None) as bobs:
        anns.opening = "garden"
    async with slots.lend("ann", None) as slot:
        assert slot is anns
    async with slots.lend("cid", "garden") as slot:
        assert slot is anns
    async with slots.lend("dan", None) as slot:
        assert slot not in (anns, bobs)
    async with slots.lend("eve", None) as slot:
        assert slot is bobs
    async with slots.lend("ann", None) as lent:
        lent.opening = "garden"
        slots.forget()
    assert lent.owner is None
    assert lent.opening is None
    assert bobs.owner is None


async def test_who_finds_none_waits() -> None:
    """Until one is given back, however it is."""
    slots = Slots(1)
    async with slots.lend("ann", None):
        waiting = asyncio.create_task(slots.lend("bob", None).__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
    assert (await waiting).owner == "bob"
