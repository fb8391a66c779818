"""What is asked of a carrier, whichever it is."""

from dataclasses import dataclass
from typing import Protocol

from telephony.calls import Bill, Call


@dataclass
class CarrierFailed(Exception):
    """The carrier refused, or could not be reached; `reason` is for the log, without numbers and keys."""

    reason: str

    def __str__(self) -> str:
        return f"The carrier did not do it: {self.reason}."


@dataclass(frozen=True, slots=True)
class Look:
    """What a carrier says of a call: why it is over, or None while it goes on."""

    over: str | None
    bill: Bill


class Carrier(Protocol):
    """Makes and ends calls. Every method is bounded in time and raises CarrierFailed."""

    @property
    def priced(self) -> bool:
        """Whether it tells what a call came to, some time after its end."""

    async def dial(self, call: Call, *, time_limit_s: int) -> str:
        """Call somebody, and return the carrier's id of the call. Never tried twice: that would call them twice."""

    async def hang_up(self, call: Call) -> None:
        """End a call; one that is over already is no error."""

    async def look(self, call: Call) -> Look | None:
        """Ask how a call is; None if the carrier knows of no such call."""
