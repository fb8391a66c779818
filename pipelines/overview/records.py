"""The figures of a store's line."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Day:
    """One day in the store's time zone; `minutes` are those of the calls that began on it and are over."""

    day: date
    calls: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What answers stood on, and how often."""

    topic: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Of the newest conversations: how many questions got an answer, how soon, and what they were about.

    `latency_*_ms` runs from the caller's last sound to the assistant's first one on the wire; None without replies.
    """

    questions: int
    answered: int
    latency_median_ms: int | None
    latency_p95_ms: int | None
    asked_most: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Now:
    """What is going on at this moment."""

    live_calls: int
    messages_waiting: int
