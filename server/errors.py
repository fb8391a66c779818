"""What goes wrong at start; and domain errors as HTTP answers."""

from dataclasses import dataclass


class CannotStart(Exception):  # noqa: N818 - reads as what it says to the operator
    """The process cannot start; the message says what is wrong and what to do."""


@dataclass
class BadSettings(CannotStart):
    """Settings that cannot be used, one line each."""

    problems: list[str]

    def __str__(self) -> str:
        return "\n".join(self.problems)
