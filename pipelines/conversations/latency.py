"""Measure an answer: when each stage was reached, counted from the end of the caller's speech."""

from enum import StrEnum

from pipelines.conversations.records import AnsweredBy, Latency


class Stage(StrEnum):
    """The stations of an answer, by their names in Latency."""

    ENDPOINT = "endpoint_ms"
    TRANSCRIPT = "transcript_ms"
    FIRST_TOKEN = "first_token_ms"  # noqa: S105 - a token of text
    FIRST_AUDIO = "first_audio_ms"
    ON_WIRE = "on_wire_ms"


class AnswerClock:
    """Measures one answer at a time. Every `at_s` is in seconds of one monotonic clock.

    The caller may pause and go on: what counts is the last end of speech before the turn was decided. From then
    on it is fixed, however soon the caller speaks again.
    """

    def __init__(self) -> None:
        self.answered_by: AnsweredBy | None = None
        self._speech_ended_s: float | None = None
        self._transcript_s: float | None = None
        self._answered_speech_s: float | None = None
        self._reached_ms: dict[str, int] = {}

    def speech_started(self) -> None:
        """The caller speaks, or goes on."""
        self._speech_ended_s = self._transcript_s = None

    def speech_ended(self, *, at_s: float) -> None:
        """The caller fell silent."""
        self._speech_ended_s = at_s

    def transcribed(self, *, at_s: float) -> None:
        """Words arrived, for the turn that is open or, late, for the one being answered."""
        self._transcript_s = at_s
        self.reached(Stage.TRANSCRIPT, at_s=at_s)

    def decided(self, *, at_s: float) -> None:
        """The caller's turn is over and an answer is due. A repetition changes nothing."""
        if self._speech_ended_s is None:
            return
        self.take()
        self._answered_speech_s, self._speech_ended_s = self._speech_ended_s, None
        self.reached(Stage.ENDPOINT, at_s=at_s)
        if self._transcript_s is not None:
            self.reached(Stage.TRANSCRIPT, at_s=self._transcript_s)

    def reached(self, stage: Stage, *, at_s: float) -> bool:
        """Note the first time that the answer reaches a stage; True if this was it."""
        if self._answered_speech_s is None or stage in self._reached_ms:
            return False
        self._reached_ms[stage] = max(0, round((at_s - self._answered_speech_s) * 1000))
        return True

    def so_far(self) -> Latency | None:
        """The stages reached; None for what answers nothing, such as a greeting."""
        return Latency(**self._reached_ms) if self._reached_ms else None

    def take(self) -> tuple[Latency | None, AnsweredBy | None]:
        """Hand over what was measured and who answered, and start afresh."""
        taken = self.so_far(), self.answered_by
        self.answered_by, self._answered_speech_s, self._reached_ms = None, None, {}
        return taken
