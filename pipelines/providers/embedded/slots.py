"""Who is given which of the model's slots: its memory of one text, in which only what is new has to be read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Slot:
    """One memory; `owner` used it last, and what was read in it begins with the text named `opening`."""

    number: int
    owner: object = None
    opening: str | None = None


class Slots:
    """Lends each slot to one at a time."""

    def __init__(self, count: int) -> None:
        self._all = [Slot(number) for number in range(count)]
        # The one that was given back last stands last.
        self._free = list(self._all)
        self._places = asyncio.Semaphore(count)

    @asynccontextmanager
    async def lend(self, owner: object, opening: str | None) -> AsyncIterator[Slot]:
        """The slot that `owner` had last, or one that holds its opening, or the one that was idle longest."""
        async with self._places:
            slot = max(
                self._free, key=lambda free: (free.owner is owner, opening is not None and free.opening == opening)
            )
            self._free.remove(slot)
            slot.owner = owner
            try:
                yield slot
            finally:
                self._free.append(slot)

    def forget(self) -> None:
        """Take all for empty, those that are lent, too: the process that held them has died."""
        for slot in self._all:
            slot.owner = slot.opening = None
