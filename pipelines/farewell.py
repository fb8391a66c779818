"""Hang up, or do something else, once the assistant's last words were heard."""

from collections.abc import Callable

from pipecat.frames.frames import BotStartedSpeakingFrame, BotStoppedSpeakingFrame, Frame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.limits import EndReason
from pipelines.processors.recorder import Stations
from pipelines.registry import LiveSession


class Farewell:
    """Waits until what the assistant says next was heard to its end. Whoever goes on talking stays."""

    def __init__(self, live: LiveSession) -> None:
        self._live = live
        self._then: Callable[[], None] | None = None
        self._spoken = False

    def due(self, then: Callable[[], None] | None = None) -> None:
        """The last words come now; afterwards end the session, or do what `then` says."""
        self._then, self._spoken = then or self._end, False

    def attach(self, stations: Stations) -> None:
        """Listen; before the pipeline starts."""
        stations.user_turn.add_event_handler("on_user_turn_started", lambda *_: self._call_off())
        stations.output.add_event_handler("on_before_push_frame", self._note)

    def _call_off(self) -> None:
        self._then = None

    def _end(self) -> None:
        self._live.end(EndReason.SAID_GOODBYE)

    def _note(self, _output: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, BotStartedSpeakingFrame):
            self._spoken = self._then is not None
        elif isinstance(frame, BotStoppedSpeakingFrame) and self._then and self._spoken:
            then, self._then = self._then, None
            then()
