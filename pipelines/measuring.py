"""Measure what every caller would notice, conversation by conversation; whoever counts is given it."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.conversations.records import NOTHING_YET, AnsweredBy, Conversation, Latency, Past
from pipelines.conversations.tool_calls import ToolCall
from pipelines.processors.recorder import Stations
from pipelines.transports.pausable import SPEAKING_S, PauseOutputFrame
from pipelines.turns.sounds import SOUND_S, SoundFrame

# What is sent 20 ms ahead of being heard, and no more, is missed when the next chunk is later than that.
LEAD_S = 0.02


class Measures(Protocol):
    """Where figures go; no method waits, and none raises."""

    def began(self, channel: str) -> None:
        """A conversation begins."""

    def ended(self, channel: str, reason: str, *, lasted_s: float) -> None:
        """It is over."""

    def answered(self, latency: Latency, answered_by: AnsweredBy | None) -> None:
        """The first sound of an answer has left."""

    def late(self, *, late_s: float) -> None:
        """The caller heard a gap of this length in the middle of the assistant's speech."""

    def hushed(self, *, after_s: float) -> None:
        """The assistant fell silent so long after the caller's first sound."""

    def refused(self, error: Exception) -> None:
        """Somebody who wanted to talk was turned away."""

    def provider_failed(self, stage: str, provider: str) -> None:
        """A provider gave an error, or no answer in time."""


class Measuring:
    """Listens at the stations of one pipeline, as a recorder does, and keeps nothing."""

    def __init__(
        self, conversation: Conversation, measures: Measures, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = conversation.channel
        self._measures = measures
        self._monotonic = monotonic
        self._began_s = monotonic()
        # When all that has left will have been heard; and since when the caller makes a sound.
        self._heard_at_s = float("-inf")
        self._sound_s: float | None = None

    def staff_said(self, _text: str, *, started_at: datetime, whispered: bool) -> None:
        """Nothing is measured of it."""

    def note(self, _call: ToolCall) -> None:
        """Nothing is measured of it."""

    def attach(self, stations: Stations) -> None:
        """Listen; before the pipeline starts."""
        stations.vad.add_event_handler("on_before_push_frame", self._note_sound)
        stations.output.add_event_handler("on_before_push_frame", self._note_output)

    def begin(self, past: Past = NOTHING_YET) -> None:  # noqa: ARG002 - each process counts what it has
        """Count it."""
        self._began_s = self._monotonic()
        self._measures.began(self._channel)

    async def end(self, reason: str) -> None:
        """Count how it ended."""
        self._measures.ended(self._channel, reason, lasted_s=self._monotonic() - self._began_s)

    def _note_sound(self, _vad: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, SoundFrame):
            self._sound_s = self._monotonic() - SOUND_S if frame.heard else None

    def _note_output(self, _output: FrameProcessor, frame: Frame) -> None:
        now_s = self._monotonic()
        if isinstance(frame, TTSAudioRawFrame):
            # The output pushes audio on once it has sent it.
            if LEAD_S < now_s - self._heard_at_s < SPEAKING_S:
                self._measures.late(late_s=now_s - self._heard_at_s - LEAD_S)
            self._heard_at_s = max(self._heard_at_s, now_s) + frame.num_frames / frame.sample_rate
        elif isinstance(frame, PauseOutputFrame | InterruptionFrame):
            if self._sound_s is not None and now_s - self._heard_at_s < SPEAKING_S:
                self._measures.hushed(after_s=now_s - self._sound_s)
            self._sound_s, self._heard_at_s = None, float("-inf")
