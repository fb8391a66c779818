"""To whom a store's callers may be handed over."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """Somebody of the store's who takes calls: `number` is E.164, `name` what callers and models call them.

    `briefed`: they hear who calls and why, and take the call by a key; without, by picking up.
    """

    name: str
    number: str
    briefed: bool = True
