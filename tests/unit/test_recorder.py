"""What is noted of a conversation: the turns, and when each stage of an answer was reached."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame
from pipecat.turns.user_turn_strategies import ExternalUserTurnStrategies
from pipecat.utils.text.base_text_aggregator import TextType
from pipecat.workers.runner import WorkerRunner

from auth.principals import StoreId
from pipelines.conversations.journal import DatabaseAway, Journal, WriteRefused
from pipelines.conversations.latency import AnswerClock, Stage
from pipelines.conversations.records import (
    AnsweredBy,
    Basis,
    Conversation,
    ConversationId,
    Ending,
    Grounds,
    Latency,
    Source,
    Speaker,
    Turn,
)
from pipelines.conversations.tool_calls import ToolCall
from pipelines.grounding.answers import Answer, Facts, How
from pipelines.processors.figures import GroundsFrame
from pipelines.processors.recorder import ConversationRecorder, Stations
from tests.shop import MONSTERA

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PCM = b"\1\0" * 320


def a_conversation() -> Conversation:
    """One that has just begun."""
    return Conversation(ConversationId(uuid4()), StoreId(uuid4()), uuid4(), None, "websocket", started_at=NOW)


def a_turn(conversation: Conversation, position: int = 0) -> Turn:
    """A caller's turn."""
    return Turn(conversation.id, position, Speaker.CALLER, "How much?", started_at=NOW, ended_at=NOW)


class TestAnswerClock:
    """Stages count from the last end of speech before the turn was decided."""

    def test_counts_from_the_end_of_speech(self) -> None:
        """In milliseconds, each stage once."""
        clock = AnswerClock()
        clock.speech_ended(at_s=10.0)
        clock.transcribed(at_s=10.3)
        clock.decided(at_s=10.35)
        clock.reached(Stage.FIRST_TOKEN, at_s=10.4)
        assert not clock.reached(Stage.FIRST_TOKEN, at_s=10.5)
        clock.reached(Stage.FIRST_AUDIO, at_s=10.45)
        clock.reached(Stage.ON_WIRE, at_s=10.5)
        assert clock.so_far() == Latency(350, 300, 400, 450, 500)

    def test_a_pause_in_a_sentence_does_not_count(self) -> None:
        """Who goes on speaking has not ended; words from before the pause are not the last ones."""
        clock = AnswerClock()
        clock.speech_ended(at_s=10.0)
        clock.transcribed(at_s=10.2)
        clock.speech_started()
        clock.speech_ended(at_s=12.0)
        clock.decided(at_s=12.4)
        clock.transcribed(at_s=12.5)
        assert clock.so_far() == Latency(endpoint_ms=400, transcript_ms=500)

    def test_speaking_again_leaves_the_answer_under_way_alone(self) -> None:
        """An interrupted answer keeps the times that it had."""
        clock = AnswerClock()
        clock.speech_ended(at_s=10.0)
        clock.decided(at_s=10.4)
        clock.speech_started()
        clock.decided(at_s=11.0)
        assert clock.take()[0] == Latency(endpoint_ms=400)

    def test_a_greeting_answers_nothing(self) -> None:
        """What is said unasked has no latency."""
        clock = AnswerClock()
        assert not clock.reached(Stage.FIRST_AUDIO, at_s=1.0)
        assert clock.take() == (None, None)


@dataclass
class Notebook:
    """Writes into a list; fails as told first."""

    failures: list[Exception] = field(default_factory=list)
    written: list[Conversation | Turn | ToolCall | Ending] = field(default_factory=list)

    async def start(self, conversation: Conversation) -> None:
        """Write."""
        await self._write(conversation)

    async def add(self, turn: Turn) -> None:
        """Write."""
        await self._write(turn)

    async def add_tool_call(self, call: ToolCall) -> None:
        """Write."""
        await self._write(call)

    async def end(self, ending: Ending) -> None:
        """Write."""
        await self._write(ending)

    async def _write(self, entry: Conversation | Turn | ToolCall | Ending) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        self.written.append(entry)


class TestJournal:
    """Everything is written, in order, without anybody waiting for it."""

    async def test_writes_in_order(self) -> None:
        """The conversation, its turns, its end; and the task is gone."""
        notebook, conversation = Notebook(), a_conversation()
        journal = Journal(notebook)
        journal.open(conversation)
        turns = [a_turn(conversation, position) for position in range(3)]
        for turn in turns:
            journal.add(turn)
        ending = Ending(conversation.id, NOW, "caller_left")
        await journal.close(ending)
        assert notebook.written == [conversation, *turns, ending]
        assert len(asyncio.all_tasks()) == 1

    async def test_an_absent_database_is_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A database that comes back in time gets everything."""
        monkeypatch.setattr("pipelines.conversations.journal.FIRST_RETRY_S", 0.001)
        notebook, conversation = Notebook([DatabaseAway("gone"), TimeoutError()]), a_conversation()
        journal = Journal(notebook)
        journal.open(conversation)
        await journal.close(Ending(conversation.id, NOW, "caller_left"))
        assert len(notebook.written) == 2

    async def test_the_end_does_not_wait_for_ever(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What cannot be written within the flush time is counted, and the task is gone."""
        notebook, conversation = Notebook([DatabaseAway("gone")] * 100), a_conversation()
        journal = Journal(notebook, flush_timeout_s=0.05)
        journal.open(conversation)
        journal.add(a_turn(conversation))
        await journal.close(Ending(conversation.id, NOW, "caller_left"))
        printed = capsys.readouterr().out
        assert "lost_writes=3" in printed
        assert "How much" not in printed
        assert len(asyncio.all_tasks()) == 1

    async def test_a_refused_row_does_not_stop_the_others(self) -> None:
        """What the database will never accept is left out."""
        notebook, conversation = Notebook([WriteRefused("too long")]), a_conversation()
        journal = Journal(notebook)
        journal.open(conversation)
        ending = Ending(conversation.id, NOW, "caller_left")
        await journal.close(ending)
        assert notebook.written == [ending]

    async def test_waiting_turns_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Turns beyond the bound are lost, the end is not."""
        monkeypatch.setattr("pipelines.conversations.journal.MAX_WAITING", 2)
        notebook, conversation = Notebook(), a_conversation()
        journal = Journal(notebook)
        journal.open(conversation)
        for position in range(5):
            journal.add(a_turn(conversation, position))
        await journal.close(Ending(conversation.id, NOW, "caller_left"))
        assert [type(entry) for entry in notebook.written] == [Conversation, Turn, Ending]


class Passing(FrameProcessor):
    """Passes everything on: what it pushes is noted as its own."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass on."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)


class Answering(Passing):
    """Answers each question with one sentence, a model or what stands in front of it."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer or pass on."""
        if isinstance(frame, LLMContextFrame):
            await FrameProcessor.process_frame(self, frame, direction)
            await self.push_frame(LLMFullResponseStartFrame())
            await self.push_frame(LLMTextFrame("Four euros."))
            await self.push_frame(LLMFullResponseEndFrame())
        else:
            await super().process_frame(frame, direction)


class Speaking(Passing):
    """Turns text into one frame of audio and the word of having said it."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Speak or pass on."""
        if isinstance(frame, LLMTextFrame):
            await FrameProcessor.process_frame(self, frame, direction)
            await self.push_frame(TTSAudioRawFrame(PCM, 16_000, 1))
            await self.push_frame(TTSTextFrame(frame.text, TextType.SENTENCE))
        else:
            await super().process_frame(frame, direction)


class Listening(Passing):
    """Keeps the messages for the client."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep or pass on."""
        if isinstance(frame, RTVIServerMessageFrame):
            self.messages.append(frame.data)
        await super().process_frame(frame, direction)


@dataclass
class Heard:
    """What came of a conversation."""

    conversation: Conversation
    turns: list[Turn]
    ending: Ending
    messages: list[dict[str, Any]]


async def hold(*frames: Frame, answering: Callable[[], tuple[FrameProcessor, FrameProcessor]]) -> Heard:
    """Run a pipeline of doubles around the real aggregators; `answering` makes the grounding and the model."""
    user_turn, assistant_turn = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(user_turn_strategies=ExternalUserTurnStrategies())
    )
    grounding, llm = answering()
    client = Listening()
    stations = Stations(Passing(), Passing(), user_turn, grounding, llm, Speaking(), Passing(), assistant_turn)
    ears = [stations.vad, stations.stt, user_turn]
    pipeline = Pipeline([*ears, grounding, llm, stations.tts, stations.output, client, assistant_turn])

    notebook, conversation = Notebook(), a_conversation()
    recorder = ConversationRecorder(conversation, Journal(notebook), now=lambda: NOW)
    recorder.attach(stations)
    recorder.begin()
    worker = PipelineWorker(pipeline, enable_rtvi=False)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    for frame in frames:
        await worker.queue_frame(frame)
        await asyncio.sleep(0.02)
    await worker.queue_frame(EndFrame())
    await running
    await recorder.end("caller_left")

    started, *turns, ending = notebook.written
    assert started == conversation
    assert isinstance(ending, Ending)
    return Heard(conversation, [turn for turn in turns if isinstance(turn, Turn)], ending, client.messages)


QUESTION = (
    UserStartedSpeakingFrame(),
    VADUserStartedSpeakingFrame(),
    VADUserStoppedSpeakingFrame(stop_secs=0.2),
    TranscriptionFrame("How much is it?", "", "2026-03-02T09:29:58+00:00", finalized=True),
    UserStoppedSpeakingFrame(),
)


@pytest.mark.parametrize(
    ("answering", "answered_by"),
    [
        (lambda: (Passing(), Answering()), AnsweredBy.MODEL),
        (lambda: (Answering(), Passing()), AnsweredBy.GROUNDED),
    ],
)
async def test_a_question_and_its_answer(
    answering: Callable[[], tuple[FrameProcessor, FrameProcessor]], answered_by: AnsweredBy
) -> None:
    """Both turns are noted in order, with the latency of each stage and with who answered."""
    heard = await hold(*QUESTION, answering=answering)

    caller, assistant = heard.turns
    assert (caller.position, caller.speaker, caller.text) == (0, Speaker.CALLER, "How much is it?")
    assert (caller.latency, caller.answered_by) == (None, None)
    assert (assistant.position, assistant.speaker, assistant.text) == (1, Speaker.ASSISTANT, "Four euros.")
    assert (assistant.answered_by, assistant.interrupted) == (answered_by, False)
    assert heard.ending == Ending(heard.conversation.id, NOW, "caller_left")

    stages = assistant.latency
    assert stages is not None
    assert None not in stages.by_stage().values()
    # Speech ended `stop_secs` before voice activity detection said so.
    assert 200 <= (stages.transcript_ms or 0) <= (stages.endpoint_ms or 0) <= (stages.first_token_ms or 0) < 1000
    assert (stages.first_token_ms or 0) <= (stages.first_audio_ms or 0) <= (stages.on_wire_ms or 0)


async def test_the_client_is_told_the_latency() -> None:
    """One message for each answer, when its first audio is on the wire."""
    heard = await hold(*QUESTION, answering=lambda: (Passing(), Answering()))
    assistant = heard.turns[1]
    assert assistant.latency is not None
    assert heard.messages == [
        {
            "type": "turn-latency",
            "conversation_id": str(heard.conversation.id),
            "answered_by": "model",
            "latency_ms": assistant.latency.by_stage(),
        }
    ]


async def test_an_interrupted_answer_is_noted_as_heard() -> None:
    """Of an answer that was cut off, only what was spoken is kept."""

    class Halting(Passing):
        """Says the first half and is interrupted before the second."""

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            if isinstance(frame, LLMContextFrame):
                await FrameProcessor.process_frame(self, frame, direction)
                await self.push_frame(LLMFullResponseStartFrame())
                await self.push_frame(LLMTextFrame("It costs"))
            else:
                await super().process_frame(frame, direction)

    heard = await hold(*QUESTION, InterruptionFrame(), answering=lambda: (Passing(), Halting()))
    assistant = heard.turns[1]
    assert (assistant.text, assistant.interrupted) == ("It costs", True)
    assert assistant.latency is not None


@pytest.mark.parametrize(
    ("found", "grounds"),
    [
        (Answer("$38.", How.PRICE, (MONSTERA,)), Grounds(Basis.PRICE, (Source(MONSTERA.id, "monstera"),))),
        (Facts(("Monstera: $38.",), (MONSTERA,)), Grounds(Basis.FACTS, (Source(MONSTERA.id, "monstera"),))),
        (Facts(), Grounds(Basis.NOTHING)),
    ],
)
async def test_what_an_answer_stood_on(found: Answer | Facts, grounds: Grounds) -> None:
    """The entries, by the titles that they have now; only the answer has them."""

    class Finding(Answering):
        """Says what it found before it answers."""

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            if isinstance(frame, LLMContextFrame):
                await self.push_frame(GroundsFrame(found=found))
            await super().process_frame(frame, direction)

    question, answer = (await hold(*QUESTION, answering=lambda: (Finding(), Passing()))).turns
    assert (question.grounds, answer.grounds) == (None, grounds)


async def test_times_of_a_turn() -> None:
    """The caller's turn ends where the speech did, not where that was noticed."""
    caller, _ = (await hold(*QUESTION, answering=lambda: (Passing(), Answering()))).turns
    assert caller.ended_at == max(caller.started_at, NOW - timedelta(seconds=0.2))
