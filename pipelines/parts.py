"""Who takes part in a conversation beside its pipeline: the caller's connection, recorders, and staff within it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipelines.conversations.records import NOTHING_YET, Conversation, Past
from pipelines.conversations.tool_calls import ToolCall
from pipelines.hold import Hold
from pipelines.limits import EndReason, Limits
from pipelines.observing import Worker
from pipelines.pipeline import Ends
from pipelines.processors.recorder import Stations
from pipelines.processors.staff import StaffLine
from pipelines.providers import Providers, SpeechToSpeech
from pipelines.registry import LiveSession
from pipelines.turns.profiles import TurnTaking


class Connection(Ends, Protocol):
    """The caller, through some door. Once they leave or break a rule, it ends their LiveSession."""

    @property
    def by_telephone(self) -> bool:
        """Whether there is no RTVI client at the other end, but a keypad; whoever rings up listens at once."""

    def unheard_s(self) -> float:
        """How much of what was sent has not arrived, as far as we know; less is said twice than is missed."""

    async def close(self, reason: EndReason) -> None:
        """Tell the caller why, and hang up; bounded."""


class Recorder(Protocol):
    """Keeps the conversation."""

    def attach(self, stations: Stations) -> None:
        """Listen to the pipeline."""

    def begin(self, past: Past = NOTHING_YET) -> None:
        """Put the conversation on record, or go on with its record."""

    def note(self, call: ToolCall) -> None:
        """Put on record what was done with a tool."""

    def staff_said(self, text: str, *, started_at: datetime, whispered: bool) -> None:
        """Put on record what staff said to the caller, or told the assistant; it is over now."""

    async def end(self, reason: str) -> None:
        """Put its end on record, unless it is HANDED_OFF to another process; bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A conversation from within, for the staff of its store: see `pipelines.live.attended`."""

    conversation: Conversation
    live: LiveSession
    worker: Worker
    stations: Stations
    staff: StaffLine
    hold: Hold
    recorder: Recorder
    providers: Providers | SpeechToSpeech
    turn_taking: TurnTaking
    limits: Limits


Attend = Callable[[Inside], AbstractAsyncContextManager[None]]


class Recorders:
    """Several that keep the same conversation; they end together."""

    def __init__(self, *recorders: Recorder) -> None:
        self._recorders = recorders

    def attach(self, stations: Stations) -> None:
        """Listen to the pipeline."""
        for recorder in self._recorders:
            recorder.attach(stations)

    def begin(self, past: Past = NOTHING_YET) -> None:
        """Begin all."""
        for recorder in self._recorders:
            recorder.begin(past)

    def note(self, call: ToolCall) -> None:
        """Let all know."""
        for recorder in self._recorders:
            recorder.note(call)

    def staff_said(self, text: str, *, started_at: datetime, whispered: bool) -> None:
        """Tell all."""
        for recorder in self._recorders:
            recorder.staff_said(text, started_at=started_at, whispered=whispered)

    async def end(self, reason: str) -> None:
        """End all; bounded by the slowest."""
        await asyncio.gather(*(recorder.end(reason) for recorder in self._recorders))
