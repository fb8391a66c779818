"""Hang up once the assistant has said goodbye."""

from pipecat.frames.frames import BotStartedSpeakingFrame, BotStoppedSpeakingFrame, Frame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.limits import EndReason
from pipelines.processors.recorder import Stations
from pipelines.registry import LiveSession


class Farewell:
    """Ends a session when what the assistant says next was heard to its end. Whoever goes on talking stays."""

    def __init__(self, live: LiveSession) -> None:
        self._live = live
        self._due = self._spoken = False

    def due(self) -> None:
        """The goodbye comes now."""
        self._due, self._spoken = True, False

    def attach(self, stations: Stations) -> None:
        """Listen; before the pipeline starts."""
        stations.user_turn.add_event_handler("on_user_turn_started", lambda *_: self._call_off())
        stations.output.add_event_handler("on_before_push_frame", self._note)

    def _call_off(self) -> None:
        self._due = False

    def _note(self, _output: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, BotStartedSpeakingFrame):
            self._spoken = self._due
        elif isinstance(frame, BotStoppedSpeakingFrame) and self._due and self._spoken:
            self._live.end(EndReason.SAID_GOODBYE)
