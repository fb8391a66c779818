"""Say something at once: a greeting that is already made, a word of patience, an apology for an answer that failed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from pipecat.frames.frames import (
    AggregatedTextFrame,
    CancelFrame,
    DataFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    OutputAudioRawFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup
from pipecat.utils.text.base_text_aggregator import TextType

from pipelines.processors.brisk import Step
from pipelines.transports.audio import MESSAGE_MS
from pipelines.turns.saying import AnswerMadeFrame

# People who will answer late say so: a gap of more than a second is heard as trouble.
# Levinson & Torreira 2015, https://doi.org/10.3389/fpsyg.2015.00731
PATIENCE_S = 1.5
FILLERS = ("One moment, please.", "Let me see.", "Let me check that for you.")
APOLOGY = "I'm sorry, something went wrong on my side. Could you say that again?"

_turns = count()


@dataclass
class PreparedSpeechFrame(DataFrame):
    """What the assistant says, with its sound: `pcm` is 16-bit LE mono at the rate of the output."""

    text: str
    pcm: bytes


@dataclass
class FillerAudioFrame(OutputAudioRawFrame):
    """Sound that is no answer: nobody notes it, and the assistant does not count as speaking."""


class Filling(Step):
    """Sits behind the voice.

    When an answer has begun to be made and is not heard PATIENCE_S later, it says one of FILLERS, once, if it is
    prepared. An answer of which nothing could be spoken, and one that `llm` broke off, ends in an APOLOGY.
    A model that has called a tool has not answered yet, and one that was interrupted has not failed.
    """

    def __init__(self, prepared: Callable[[str], bytes | None], llm: FrameProcessor) -> None:
        super().__init__()
        self._prepared = prepared
        self._sample_rate_hz = 0
        self._waiting: asyncio.Task[None] | None = None
        self._unanswered = False
        self._broken_off = False
        # The model waits for a tool; and which ends of its answers are none, because it does.
        self._calling = False
        self._calls: set[int] = set()
        self._called = self._interrupted = False
        # Whoever is asked next after a failure keeps the error to itself.
        llm.add_event_handler("on_before_push_frame", self._note_answer)
        # An interrupted model ends its answer, and passes the news on after that, so that the end comes here first.
        llm.add_event_handler("on_before_process_frame", self._note_interruption)

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]  # as pipecat's own do
        """Learn the rate of the output."""
        await super().setup(setup)
        self._sample_rate_hz = setup.audio_out_sample_rate

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Watch for answers; unpack prepared speech; pass everything else."""
        await super().process_frame(frame, direction)
        match frame:
            case PreparedSpeechFrame():
                await self._speak(frame)
                return
            case LLMFullResponseStartFrame():
                await self._begin()
            case LLMFullResponseEndFrame() if frame.id in self._calls:
                self._calls.discard(frame.id)
                self._unanswered, self._calling = False, True
                await self.push_frame(frame, direction)
                return
            case TTSAudioRawFrame():
                self._unanswered = False
                await self._stop_waiting()
            case InterruptionFrame() | EndFrame() | CancelFrame():
                self._unanswered = self._broken_off = self._calling = False
                self._calls.clear()
                await self._stop_waiting()
            case LLMFullResponseEndFrame():
                await self._stop_waiting()
            case _:
                pass
        await self.push_frame(frame, direction)
        if isinstance(frame, LLMFullResponseEndFrame):
            await self._end()

    async def cleanup(self) -> None:
        """Leave no task behind, however the pipeline ended."""
        await self._stop_waiting()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    async def _begin(self) -> None:
        self._unanswered = True
        if not self._calling:
            await self._wait()
        # Else it is what a tool has found, and whoever was told to wait is not told so again.
        self._calling = False

    async def _end(self) -> None:
        failed = (self._unanswered or self._broken_off) and not self._interrupted
        self._unanswered = self._broken_off = False
        if failed:
            await self._apologise()
        await self.push_frame(AnswerMadeFrame(), FrameDirection.UPSTREAM)

    def _note_answer(self, _llm: FrameProcessor, frame: Frame) -> None:
        # It comes before the end of the answer, which waits for the audio of what was said.
        match frame:
            case LLMFullResponseStartFrame():
                self._broken_off = self._called = self._interrupted = False
            case ErrorFrame():
                self._broken_off = True
            case FunctionCallsStartedFrame():
                self._called = True
            case LLMFullResponseEndFrame() if self._called:
                self._calls.add(frame.id)
            case _:
                pass

    def _note_interruption(self, _llm: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, InterruptionFrame):
            self._interrupted = True

    async def _apologise(self) -> None:
        # Prepared if possible: what failed may be the voice.
        if pcm := self._prepared(APOLOGY):
            await self._speak(PreparedSpeechFrame(APOLOGY, pcm))
        else:
            await self.push_frame(TTSSpeakFrame(APOLOGY), FrameDirection.UPSTREAM)

    async def _wait(self) -> None:
        await self._stop_waiting()
        self._waiting = self.create_task(self._fill())

    async def _stop_waiting(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, None
            await self.cancel_task(waiting)

    async def _fill(self) -> None:
        await asyncio.sleep(PATIENCE_S)
        # Whatever comes now follows the filler.
        self._waiting = None
        if pcm := self._prepared(FILLERS[next(_turns) % len(FILLERS)]):
            # What does not fill the output's last chunk would wait for the answer to do so.
            chunk = self._sample_rate_hz * MESSAGE_MS // 1000 * 2
            audio = pcm + bytes(-len(pcm) % chunk)
            await self.push_frame(FillerAudioFrame(audio, self._sample_rate_hz, 1))

    async def _speak(self, speech: PreparedSpeechFrame) -> None:
        """Push what a voice's service pushes for a TTSSpeakFrame."""
        announced = AggregatedTextFrame(speech.text, TextType.SENTENCE)
        announced.append_to_context = False
        spoken = TTSTextFrame(speech.text, TextType.SENTENCE, segment_id=announced.id)
        announced.will_be_spoken = spoken.will_be_spoken = True
        for frame in (
            announced,
            TTSStartedFrame(),
            TTSAudioRawFrame(speech.pcm, self._sample_rate_hz, 1),
            spoken,
            TTSStoppedFrame(),
            LLMAssistantPushAggregationFrame(),
        ):
            await self.push_frame(frame)
