"""Hand a caller over to a person, once what the assistant says about it was heard.

Where the line can, the person is reached and briefed first, while the caller hears music: whoever is busy, does not
answer or declines, the caller is still in the same conversation.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from pipelines.farewell import Farewell
from pipelines.hold import Hold
from pipelines.limits import EndReason
from pipelines.registry import LiveSession
from pipelines.tools.destinations import Destination

FAILED = "I'm sorry, I could not put you through just now. How else can I help?"
NOT_REACHED = "I'm sorry, nobody could take your call just now. How else can I help?"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A wish to hand the caller over. `briefing` is what the person should know."""

    destination: Destination
    briefing: str


@dataclass
class TransferFailed(Exception):
    """The caller is still here; `reason` is for the log."""

    reason: str


@dataclass
class NotReached(TransferFailed):
    """The person is busy, does not answer, or would rather not."""


class Transfers(Protocol):
    """A line from which calls can be handed over."""

    @property
    def destinations(self) -> Sequence[Destination]:
        """To whom."""

    async def reach(self, wanted: Transfer) -> None:
        """Have the person ready for the caller, who waits; bounded. Raises TransferFailed."""

    async def transfer(self, wanted: Transfer) -> None:
        """Take the caller away from this conversation. Raises TransferFailed."""


class Handover:
    """One conversation's transfers: `request` comes from its tools, `run` hands over when the time has come."""

    def __init__(self, line: Transfers, farewell: Farewell, live: LiveSession, hold: Hold) -> None:
        self._line = line
        self._farewell = farewell
        self._live = live
        self._hold = hold
        self._leaving = False
        self._due: asyncio.Queue[Transfer] = asyncio.Queue(maxsize=1)

    @property
    def destinations(self) -> Sequence[Destination]:
        """To whom this caller can be handed over."""
        return self._line.destinations

    @property
    def leaving(self) -> bool:
        """Whether the caller is being taken away: their connection may end before the carrier has said so."""
        return self._leaving

    def request(self, wanted: Transfer) -> None:
        """Hand over once the assistant's next words were heard; who goes on talking stays."""
        self._farewell.due(lambda: self._heard(wanted))

    def _heard(self, wanted: Transfer) -> None:
        if not self._due.full():
            self._due.put_nowait(wanted)

    async def run(self, say: Callable[[str], Awaitable[None]]) -> None:
        """Hand over what is due, and end the session; `say` tells that it failed."""
        while not self._live.over:
            wanted = await self._due.get()
            try:
                async with self._hold.music():
                    await self._line.reach(wanted)
                    self._leaving = True
                    await self._line.transfer(wanted)
            except TransferFailed as error:
                self._leaving = False
                log.warning("call_not_transferred", reason=error.reason)
                await say(NOT_REACHED if isinstance(error, NotReached) else FAILED)
            else:
                self._live.end(EndReason.TRANSFERRED)
