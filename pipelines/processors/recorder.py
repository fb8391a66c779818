"""Note every turn of a conversation, and when each stage of an answer was reached."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    FunctionCallsStartedFrame,
    InterimTranscriptionFrame,
    LLMMessagesAppendFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_response_universal import (
    AssistantTurnStoppedMessage,
    LLMAssistantAggregator,
    LLMUserAggregator,
    UserTurnMessageAddedMessage,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame

from pipelines.conversations.journal import Journal
from pipelines.conversations.latency import AnswerClock, Stage
from pipelines.conversations.records import (
    MAX_TEXT_CHARS,
    NOTHING_YET,
    AnsweredBy,
    Basis,
    Conversation,
    Ending,
    Grounds,
    Latency,
    Past,
    Source,
    Speaker,
    Turn,
)
from pipelines.conversations.tool_calls import ToolCall
from pipelines.grounding.answers import Answer, Facts
from pipelines.limits import EndReason
from pipelines.processors.figures import GroundsFrame
from pipelines.processors.metering import AssistantMeter, CallerMeter
from pipelines.processors.staff import Handset
from pipelines.processors.tool_results import ToolSaysFrame


@dataclass(frozen=True, slots=True)
class Stations:
    """The processors of one pipeline at which something is noted, in the order of the pipeline.

    One may be several of them; `grounding` is None where nothing stands before the model.
    """

    vad: FrameProcessor
    stt: FrameProcessor
    user_turn: LLMUserAggregator
    grounding: FrameProcessor | None
    llm: FrameProcessor
    tts: FrameProcessor
    output: FrameProcessor
    assistant_turn: LLMAssistantAggregator
    # None where a model answers by itself: nobody can speak in its place.
    handset: Handset | None = None


class Follows(Protocol):
    """Who follows a conversation while it goes on; nothing of this may wait."""

    def heard(self, text: str, *, final: bool) -> None:
        """The caller is understood to have said this: all of a turn so far, or `final`ly a part of it."""

    def saying(self, text: str) -> None:
        """The assistant begins to say this."""

    def timed(self, latency: Latency, answered_by: AnsweredBy | None) -> None:
        """An answer begins to be heard."""


class Nobody:
    """Nobody follows."""

    def heard(self, text: str, *, final: bool) -> None:
        """Do nothing."""

    def saying(self, text: str) -> None:
        """Do nothing."""

    def timed(self, latency: Latency, answered_by: AnsweredBy | None) -> None:
        """Do nothing."""


class ConversationRecorder:
    """Listens at the stations of one pipeline and keeps its conversation's journal.

    It hooks into the processors that produce what it notes. A pipecat observer would see every frame of
    the pipeline, 20 ms audio included, through a queue and a task of its own.

    When the first audio of an answer is on the wire, the client is sent the RTVI server message
    `{"type": "turn-latency", "conversation_id", "answered_by", "latency_ms": {stage: ms}}`, and `answered` is told.
    """

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        conversation: Conversation,
        journal: Journal,
        *,
        now: Callable[[], datetime],
        follower: Follows | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        answered: Callable[[Latency, AnsweredBy | None], None] = lambda _latency, _answered_by: None,
    ) -> None:
        self._conversation = conversation
        self._follower = follower or Nobody()
        self._spoken: type[AggregatedTextFrame] = AggregatedTextFrame
        self._journal = journal
        self._now = now
        self._monotonic = monotonic
        self._answered = answered
        self._clock = AnswerClock()
        self._speech_ended_at: datetime | None = None
        self._grounds: Grounds | None = None
        # The model has called tools and not answered yet.
        self._calling = False
        self._position = 0
        self._began_s = monotonic()
        self._caller, self._assistant = CallerMeter(self._elapsed_ms), AssistantMeter(self._elapsed_ms)

    def attach(self, stations: Stations) -> None:
        """Listen; before the pipeline starts."""
        if stations.grounding is None:
            # A model that speaks by itself tells its words only as they are heard.
            self._spoken = TTSTextFrame
        for station, note in (
            (stations.vad, self._note_speech),
            (stations.stt, self._note_transcript),
            (stations.user_turn, self._note_endpoint),
            (stations.grounding, self._note_grounded_text),
            (stations.llm, self._note_model_text),
            (stations.tts, self._note_audio),
            (stations.output, self._note_wire),
            (stations.vad, self._caller.note_speech),
            (stations.stt, self._caller.note_transcript),
            (stations.llm, self._assistant.note_model),
            (stations.tts, self._assistant.note_voice),
            (stations.output, self._assistant.note_wire),
        ):
            if station:
                station.add_event_handler("on_before_push_frame", note)
        stations.user_turn.add_event_handler("on_user_turn_message_added", self._add_caller_turn)
        stations.assistant_turn.add_event_handler("on_assistant_turn_stopped", self._add_assistant_turn)

    def begin(self, past: Past = NOTHING_YET) -> None:
        """Put the conversation on record, or go on where its record is now."""
        self._began_s = self._monotonic() - past.lasted_s
        self._position = past.turns
        self._journal.open(self._conversation)

    def note(self, call: ToolCall) -> None:
        """Put on record what was done with a tool."""
        self._journal.add(call)

    async def end(self, reason: str) -> None:
        """Put its end on record, unless it goes on elsewhere; after the pipeline has ended.

        Bounded by the journal's flush time.
        """
        over = reason != EndReason.HANDED_OFF
        await self._journal.close(Ending(self._conversation.id, self._now(), reason) if over else None)

    def staff_said(self, text: str, *, started_at: datetime, whispered: bool) -> None:
        """Note what staff said to the caller, or told the assistant; it is over now."""
        self._add(
            Turn(
                conversation_id=self._conversation.id,
                position=self._position,
                speaker=Speaker.STAFF,
                text=_storable(text),
                started_at=started_at,
                ended_at=self._now(),
                whispered=whispered,
            )
        )

    def _note_speech(self, _vad: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._clock.speech_started()
            self._speech_ended_at = None
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            # The frame comes only after `stop_secs` of silence.
            self._clock.speech_ended(at_s=self._monotonic() - frame.stop_secs)
            self._speech_ended_at = self._now() - timedelta(seconds=frame.stop_secs)

    def _note_transcript(self, _stt: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, TranscriptionFrame):
            self._clock.transcribed(at_s=self._monotonic())
            self._follower.heard(frame.text, final=True)
        elif isinstance(frame, InterimTranscriptionFrame):
            self._follower.heard(frame.text, final=False)
        elif isinstance(frame, LLMMessagesAppendFrame):
            # What is typed passes here on its way into the context, once what it interrupts is on record.
            for message in frame.messages:
                if isinstance(message, dict) and message.get("role") == "user":
                    self._add_typed(str(message.get("content", "")))

    def _note_endpoint(self, _user_turn: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, UserStoppedSpeakingFrame):
            self._clock.decided(at_s=self._monotonic())

    def _note_grounded_text(self, _grounding: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, GroundsFrame):
            self._grounds = _grounds(frame.found) if frame.found else None
        self._note_text(frame, AnsweredBy.GROUNDED)

    def _note_model_text(self, _llm: FrameProcessor, frame: Frame) -> None:
        match frame:
            case FunctionCallsStartedFrame():
                self._calling = True
            case ToolSaysFrame():
                self._grounds = Grounds(Basis.TOOL)
                self._first_words(AnsweredBy.GROUNDED)
            case GroundsFrame(more=True, found=Answer() | Facts() as found):
                self._grounds = _grounds(found)
            case _:
                # A grounded answer passes here too, but second.
                self._note_text(frame, AnsweredBy.MODEL)

    def _note_text(self, frame: Frame, answered_by: AnsweredBy) -> None:
        if isinstance(frame, LLMTextFrame):
            self._first_words(answered_by)

    def _first_words(self, answered_by: AnsweredBy) -> None:
        if self._clock.reached(Stage.FIRST_TOKEN, at_s=self._monotonic()):
            self._clock.answered_by = answered_by

    def _note_audio(self, _tts: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, TTSAudioRawFrame):
            self._clock.reached(Stage.FIRST_AUDIO, at_s=self._monotonic())

    async def _note_wire(self, output: FrameProcessor, frame: Frame) -> None:
        # The output transport pushes audio on once it has written it.
        if isinstance(frame, TTSAudioRawFrame) and self._clock.reached(Stage.ON_WIRE, at_s=self._monotonic()):
            latency = self._clock.so_far() or Latency()
            self._answered(latency, self._clock.answered_by)
            self._follower.timed(latency, self._clock.answered_by)
            await output.push_frame(RTVIServerMessageFrame(data=self._latency_message(latency)))
        elif type(frame) is self._spoken and frame.will_be_spoken:
            self._follower.saying(frame.text)

    def _latency_message(self, latency: Latency) -> dict[str, object]:
        return {
            "type": "turn-latency",
            "conversation_id": str(self._conversation.id),
            "answered_by": self._clock.answered_by,
            "latency_ms": latency.by_stage(),
        }

    def _add_caller_turn(self, _user_turn: LLMUserAggregator, message: UserTurnMessageAddedMessage) -> None:
        started_at = datetime.fromisoformat(message.timestamp) if message.timestamp else self._now()
        audio, usage = self._caller.take()
        self._add(
            Turn(
                conversation_id=self._conversation.id,
                position=self._position,
                speaker=Speaker.CALLER,
                text=_storable(message.content),
                started_at=started_at,
                ended_at=max(started_at, self._speech_ended_at or self._now()),
                audio=audio,
                usage=usage,
            )
        )

    def _add_typed(self, text: str) -> None:
        self._follower.heard(text, final=True)
        now = self._now()
        self._add(
            Turn(
                conversation_id=self._conversation.id,
                position=self._position,
                speaker=Speaker.CALLER,
                text=_storable(text),
                started_at=now,
                ended_at=now,
            )
        )

    def _add_assistant_turn(
        self, _assistant_turn: LLMAssistantAggregator, message: AssistantTurnStoppedMessage
    ) -> None:
        calling, self._calling = self._calling, False
        if calling and not message.content and not message.interrupted:
            # The answer is still to come.
            return
        latency, answered_by = self._clock.take()
        grounds, self._grounds = self._grounds, None
        if message.content:
            audio, usage, unheard = self._assistant.take(
                message.content, interrupted=message.interrupted, answered_by=answered_by
            )
            self._add(
                Turn(
                    conversation_id=self._conversation.id,
                    position=self._position,
                    speaker=Speaker.ASSISTANT,
                    text=_storable(message.content),
                    started_at=datetime.fromisoformat(message.timestamp),
                    ended_at=self._now(),
                    interrupted=message.interrupted,
                    answered_by=answered_by,
                    latency=latency,
                    grounds=grounds,
                    audio=audio,
                    usage=usage,
                    unheard=_storable(unheard),
                )
            )

    def _elapsed_ms(self) -> int:
        return round((self._monotonic() - self._began_s) * 1000)

    def _add(self, turn: Turn) -> None:
        self._journal.add(turn)
        self._position += 1


def _grounds(found: Answer | Facts) -> Grounds:
    sources = tuple(Source(entry.id, entry.title) for entry in found.entries)
    if isinstance(found, Answer):
        return Grounds(Basis(found.how), sources)
    return Grounds(Basis.FACTS if found.lines else Basis.NOTHING, sources)


def _storable(text: str) -> str:
    # PostgreSQL's text cannot hold U+0000. https://www.postgresql.org/docs/current/datatype-character.html
    return text.replace("\0", "").strip()[:MAX_TEXT_CHARS]
