"""Several providers for one stage: when one fails, the next takes over within the turn.

Pipecat's switcher moves on once a service says that it is finished for good. Callers notice much less: a refused
connection, a server error, silence. So every complaint counts here, and so does no answer in time; and what the failed
service was asked is asked again of the next, as long as nothing of its answer has been heard.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    FunctionCallsStartedFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.service_switcher import ServiceSwitcher, ServiceSwitcherStrategyManual
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.errors import ErrorCategory

# A provider that failed is left alone for so long, by all conversations of the process.
COOL_OFF_S = 30.0
# Nobody on the telephone waits longer for the first sign of an answer.
PATIENCE_S = 4.0
# Half a minute of speech in frames of 20 ms, and the half second before the voice detector noticed it.
FRAMES_KEPT = 1500
LEAD_IN_FRAMES = 25

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How a stage works, in frames: what begins a piece of work, and what else belongs to the question.

    `asked` ends the question, so that an answer is due; `succeeds` shows that one comes, and `gives_up` that none does.
    `lead_in`: how many frames before the beginning belong to it.
    """

    begins: tuple[type[Frame], ...]
    asks: tuple[type[Frame], ...]
    asked: tuple[type[Frame], ...]
    succeeds: tuple[type[Frame], ...]
    gives_up: tuple[type[Frame], ...] = ()
    lead_in: int = 0
    # What operators call it.
    stage: str


# No patience here: a cough has no transcript.
HEARING = Work(
    stage="stt",
    begins=(VADUserStartedSpeakingFrame,),
    asks=(InputAudioRawFrame, VADUserStoppedSpeakingFrame),
    asked=(),
    succeeds=(TranscriptionFrame,),
    lead_in=LEAD_IN_FRAMES,
)
THINKING = Work(
    stage="llm",
    begins=(LLMContextFrame,),
    asks=(),
    asked=(LLMContextFrame,),
    succeeds=(LLMTextFrame, FunctionCallsStartedFrame),
    gives_up=(LLMFullResponseEndFrame,),
)
SPEAKING = Work(
    stage="tts",
    begins=(LLMFullResponseStartFrame, TTSSpeakFrame),
    asks=(LLMTextFrame, LLMFullResponseEndFrame),
    asked=(LLMFullResponseEndFrame, TTSSpeakFrame),
    succeeds=(TTSAudioRawFrame,),
)


class Circuit:
    """Whether a provider is worth asking: open for COOL_OFF_S after a failure, shared by all conversations.

    Each failure is told to `failed`.
    """

    def __init__(
        self,
        name: str,
        *,
        now_s: Callable[[], float] = time.monotonic,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._now_s = now_s
        self._failed = failed
        self._closes_at_s = float("-inf")

    @property
    def closed(self) -> bool:
        """Whether it may be asked."""
        return self._now_s() >= self._closes_at_s

    def trip(self) -> None:
        """Note a failure."""
        self._failed()
        self._closes_at_s = self._now_s() + COOL_OFF_S


class _Order(ServiceSwitcherStrategyManual):
    """Keep to the order of the setting: the first that is usable and whose circuit is closed."""

    circuits: dict[FrameProcessor, Circuit]
    # Those that have failed at the question of the moment.
    failed: set[FrameProcessor]

    async def handle_error(self, error: ErrorFrame) -> FrameProcessor | None:
        if error.category is ErrorCategory.APPLICATION:
            return None
        failed = self.active_service
        self.failed.add(failed)
        self.circuits[failed].trip()
        chosen = self._best()
        if chosen is None:
            return None
        log.warning("provider_failed_over", failed=self.circuits[failed].name, to=self.circuits[chosen].name)
        return await self._set_active_if_available(chosen)

    async def begin(self) -> None:
        """Go back to an earlier provider whose circuit has closed again."""
        self.failed.clear()
        best = self._best()
        if best is not None and best is not self.active_service:
            await self._set_active_if_available(best)

    def _best(self) -> FrameProcessor | None:
        usable = [service for service in self.usable_services if service not in self.failed]
        return next((service for service in usable if self.circuits[service].closed), usable[0] if usable else None)


class Failover(ServiceSwitcher[_Order]):
    """One stage of one conversation over several providers, given in order of preference."""

    def __init__(
        self,
        services: Sequence[tuple[FrameProcessor, Circuit]],
        work: Work,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__([service for service, _ in services], _Order)
        self.strategy.circuits = dict(services)
        self.strategy.failed = set()
        self._work = work
        self._patience_s = patience_s
        self._asked: deque[Frame] = deque(maxlen=FRAMES_KEPT)
        self._open = False
        self._waiting: asyncio.Task[None] | None = None
        # What ends an answer comes out some time after its service pushed it, and another may be the active one then.
        self._givers: dict[int, FrameProcessor] = {}
        for service, _ in services:
            service.add_event_handler("on_before_push_frame", self._note_giver)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Remember what is asked, and hand it to the provider of the moment."""
        if isinstance(frame, InterruptionFrame):
            await self._settle()
        # What a tool has found comes from below, and is a question like any other.
        if direction is FrameDirection.DOWNSTREAM or isinstance(frame, LLMContextFrame):
            if isinstance(frame, self._work.begins):
                await self._begin()
            if isinstance(frame, (*self._work.begins, *self._work.asks)):
                self._asked.append(frame)
        await super().process_frame(frame, direction)
        if self._open and isinstance(frame, self._work.asked):
            self._wait()

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        """Pass on what the provider of the moment gives; when it changes, ask the new one the same."""
        if isinstance(frame, self._work.succeeds):
            await self._settle()
        before = self.strategy.active_service
        if giver := self._givers.pop(frame.id, None):
            if self._open and giver is before and giver not in self.strategy.failed:
                # Its complaint, if it has one, is still on its way.
                await self._pass_over("The provider gave no answer")
            if giver is not self.strategy.active_service:
                # Whoever is asked next must not be cut off.
                return
        await super().push_frame(frame, direction)
        if self.strategy.active_service is before:
            return
        if self._open:
            await self._ask_again()
        elif isinstance(frame, ErrorFrame):
            # Half an answer was given: the switcher keeps the error to itself, but somebody has to apologise.
            await self.push_error("The answer broke off", exception=frame.exception, category=ErrorCategory.SERVER)
            for ending in self._work.gives_up:
                await self.push_frame(ending())

    async def cleanup(self) -> None:
        """Leave no task behind."""
        await self._settle()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    async def _begin(self) -> None:
        await self._settle()
        while len(self._asked) > self._work.lead_in:
            self._asked.popleft()
        self._open = True
        await self.strategy.begin()

    async def _settle(self) -> None:
        self._open = False
        if self._waiting and self._waiting is not asyncio.current_task():
            await self.cancel_task(self._waiting)
        self._waiting = None

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.create_task(self._lose_patience())

    async def _lose_patience(self) -> None:
        await asyncio.sleep(self._patience_s)
        self._waiting = None
        await self._pass_over("The provider did not answer in time")

    def _note_giver(self, service: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, self._work.gives_up):
            self._givers[frame.id] = service

    async def _pass_over(self, why: str) -> None:
        failed = self.strategy.active_service
        error = ErrorFrame(why, processor=failed, category=ErrorCategory.SERVER)
        await self.push_frame(error, FrameDirection.UPSTREAM)

    async def _ask_again(self) -> None:
        for frame in list(self._asked):
            await self.strategy.active_service.queue_frame(frame)
        self._wait()
