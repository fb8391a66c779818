"""Run one conversation from the greeting to the end, whichever door it came through."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    LLMRunFrame,
    TTSSpeakFrame,
    UserIdleTimeoutUpdateFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.workers.runner import WorkerRunner

from pipelines.assistants.records import Welcome
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.records import NOTHING_YET, Conversation
from pipelines.farewell import Farewell
from pipelines.hold import Hold
from pipelines.leaving import Leaving
from pipelines.limits import EndReason, Limits
from pipelines.observing import Worker
from pipelines.parts import Attend, Connection, Inside, Recorder
from pipelines.pipeline import Answering, build, build_speech_to_speech
from pipelines.processors.filling import PreparedSpeechFrame
from pipelines.processors.recorder import Stations
from pipelines.processors.rtvi import Rtvi, observed
from pipelines.processors.screening import Screening
from pipelines.processors.staff import StaffLine
from pipelines.providers import Providers, SpeechToSpeech
from pipelines.registry import LiveSession
from pipelines.stopping import HARD_STOP_S, stop
from pipelines.tools.transfers import Handover
from pipelines.turns.profiles import TurnTaking
from pipelines.watch import ENDED_BY_STORE, GOODBYE, Floor, Watch

# RTVI clients say when they are ready to listen; the others are greeted anyway.
READY_WITHIN_S = 1.0
# Setting up builds objects and opens connections to providers.
SETUP_S = 10.0

# Told to models that keep the conversation themselves.
SAID_SO_FAR = "The conversation has begun already. So far was said:"

# To say that a store is closed, and when it opens again.
NOTICE_S = 15.0

# Whoever ends it, these let the assistant finish.
FINISHED_POLITELY = frozenset(
    {
        EndReason.SHUTTING_DOWN,
        EndReason.IDLE,
        EndReason.CLOSED,
        EndReason.ENDED_BY_STORE,
        EndReason.MACHINE,
    }
)
GOODBYES = {EndReason.IDLE: GOODBYE, EndReason.ENDED_BY_STORE: ENDED_BY_STORE}
LEFT = frozenset({EndReason.CALLER_LEFT, EndReason.CONNECTION_LOST})
# What is only said at the end may take its time.
SAID_AT_THE_END = frozenset({EndReason.CLOSED, EndReason.ENDED_BY_STORE, EndReason.MACHINE})

# So much longer than the watch waits the pipeline itself does.
IDLE_TIMES = 3
# Every sentence of either side begins with one of these.
SIGNS_OF_LIFE = (AggregatedTextFrame, BotStartedSpeakingFrame, VADUserStartedSpeakingFrame)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """All that one conversation is made of. `earlier`: what another process has of it already."""

    live: LiveSession
    connection: Connection
    providers: Providers | SpeechToSpeech
    answering: Answering
    recorder: Recorder
    farewell: Farewell
    handover: Handover | None
    opening: Sequence[LLMContextMessage]
    welcome: Welcome
    always_greets: bool
    turn_taking: TurnTaking
    limits: Limits
    now: Callable[[], datetime]
    conversation: Conversation
    attend: Attend
    staff: StaffLine
    hold: Hold
    traced: bool
    screening: Screening | None = None
    earlier: Earlier | None = None

    async def run(self) -> EndReason:
        """Greet, talk, and end in the order that leaves nothing behind: pipeline, connection, record."""
        log.info("voice_session_goes_on" if self.earlier else "voice_session_started")
        started_s = time.monotonic()
        reason = EndReason.ERROR
        leaving = Leaving(live=self.live, connection=self.connection, recorder=self.recorder, limits=self.limits)
        self.recorder.begin(self.earlier.past(self.now()) if self.earlier else NOTHING_YET)
        try:
            reason = await self._converse(leaving)
        except asyncio.CancelledError:
            # A closing server cancels the handlers that outlast its patience.
            reason = EndReason.SHUTTING_DOWN
            raise
        except Exception:
            log.exception("voice_session_failed")
        finally:
            if reason is EndReason.HANDED_OFF:
                await leaving.hand_off()
            else:
                try:
                    await self.connection.close(reason)
                finally:
                    await self.recorder.end(reason)
            log.info("voice_session_ended", reason=reason, duration_s=round(time.monotonic() - started_s, 1))
        return reason

    async def _converse(self, leaving: Leaving) -> EndReason:
        # While the client connects.
        self.providers.prepared(self.welcome.sentence)
        pipeline, stations = await self._build()
        self.recorder.attach(stations)
        self.farewell.attach(stations)
        ready = asyncio.Event()
        output = self.connection.output()
        rtvi = None if self.connection.by_telephone else Rtvi(output, renew=self.live.caller.renew)
        worker = self._worker(pipeline, rtvi)
        self._wait_for_client(rtvi, ready)

        async def say(sentence: str) -> None:
            await worker.queue_frame(self._said(sentence))

        async def listen_on() -> None:
            await worker.queue_frame(UserIdleTimeoutUpdateFrame(timeout=self.limits.idle_s))

        self.hold.attach(stations, say)
        # One runner for each session: a shared one keeps every worker it has ever run.
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)

        watch = Watch(
            self.live,
            self.limits,
            now=self.now,
            tell=rtvi.send_server_message if rtvi else _tell_nobody,
            say=say,
            attended=self._is_attended,
            listen_on=listen_on,
        )
        # In no task group, which would wait for a pipeline that never ends.
        running = asyncio.create_task(runner.run())
        # The client's disconnect-bot ends the pipeline from within.
        running.add_done_callback(lambda _running: self.live.end(EndReason.CALLER_LEFT))
        async with self.attend(self._inside(worker, stations)), asyncio.TaskGroup() as tasks:
            # What is spoken is what makes silence count, so the pipeline itself keeps that time.
            await listen_on()
            greeting = tasks.create_task(self._begin(worker, ready))
            if not self.always_greets:
                # Who speaks first wants no greeting.
                stations.user_turn.add_event_handler("on_user_turn_started", lambda *_: greeting.cancel())
            floor = Floor(stations)
            beside = [tasks.create_task(watch.run(stations, floor)), greeting]
            if self.handover:
                beside.append(tasks.create_task(self.handover.run(say)))
            try:
                reason = await self.live.ended()
                if reason in LEFT and self.handover and self.handover.leaving:
                    reason = EndReason.TRANSFERRED
                _cancel(beside)
                await self.hold.close()
                if reason is EndReason.HANDED_OFF:
                    await leaving.break_off(worker, floor)
                    await self._finish_sentence(worker, running, within_s=leaving.ends_within_s)
                elif reason in FINISHED_POLITELY and not self.live.resumption.waiting:
                    await self._part(reason, say)
                    within_s = NOTICE_S if reason in SAID_AT_THE_END else self.limits.goodbye_s
                    await self._finish_sentence(worker, running, within_s=within_s)
            finally:
                _cancel(beside)
                await self.hold.close()
                await stop(worker, running)
        if running.done() and not running.cancelled():
            # Raises what broke it, if something did.
            running.result()
        return reason

    def _wait_for_client(self, rtvi: Rtvi | None, ready: asyncio.Event) -> None:
        """Set `ready` once the client is. After the worker, which then says that the assistant is ready, too."""
        if rtvi is None:
            ready.set()
            return

        async def welcome(rtvi: Rtvi) -> None:
            ready.set()
            resumption = self.live.resumption
            if resumption.within_s:
                # Each time: who comes back says that they are ready, and gets the token for the next time.
                token = {"type": "resume-token", "token": await resumption.issue(), "within_s": resumption.within_s}
                await rtvi.send_server_message(token)

        rtvi.add_event_handler("on_client_ready", welcome)

    async def _build(self) -> tuple[Pipeline, Stations]:
        if isinstance(self.providers, SpeechToSpeech):
            instructions = await self.answering.instructions()
            if self.earlier:
                instructions = f"{instructions}\n{SAID_SO_FAR}\n{self.earlier.transcript()}"
            return build_speech_to_speech(
                self.connection, self.providers, self.answering, instructions, self.turn_taking
            )
        tools = self.answering.tools()
        messages = [*self.opening, *(self.earlier.messages() if self.earlier else ())]
        context = LLMContext(messages, tools=tools) if tools else LLMContext(messages)
        return build(
            self.connection,
            self.providers,
            self.answering,
            context,
            self.turn_taking,
            staff=self.staff,
            screening=self.screening.detector if self.screening else None,
        )

    def _inside(self, worker: Worker, stations: Stations) -> Inside:
        return Inside(
            conversation=self.conversation,
            live=self.live,
            worker=worker,
            stations=stations,
            staff=self.staff,
            hold=self.hold,
            recorder=self.recorder,
            providers=self.providers,
            turn_taking=self.turn_taking,
            limits=self.limits,
        )

    def _worker(self, pipeline: Pipeline, rtvi: Rtvi | None) -> Worker:
        worker = Worker(
            pipeline,
            params=PipelineParams(
                audio_in_sample_rate=self.limits.sample_rate_hz,
                audio_out_sample_rate=self.limits.sample_rate_hz,
                enable_metrics=True,
                enable_usage_metrics=True,
            ),
            enable_rtvi=rtvi is not None,
            rtvi_processor=rtvi,
            rtvi_observer_params=observed(),
            enable_turn_tracking=self.traced,
            enable_tracing=self.traced,
            conversation_id=str(self.conversation.id),
            additional_span_attributes=self._about() if self.traced else None,
            # Only if the watch's own question and goodbye got nowhere.
            idle_timeout_frames=SIGNS_OF_LIFE,
            idle_timeout_secs=IDLE_TIMES * self.limits.idle_s,
            # We end it ourselves, with its own reason.
            cancel_on_idle_timeout=False,
            cancel_timeout_secs=HARD_STOP_S,
            setup_timeout_secs=SETUP_S,
        )
        worker.add_event_handler("on_idle_timeout", self._idle)
        worker.add_event_handler("on_pipeline_error", self._note_error)
        for failed in ("on_setup_timeout", "on_pipeline_timeout"):
            worker.add_event_handler(failed, lambda *_: self.live.end(EndReason.PROVIDER_FAILED))
        return worker

    def _about(self) -> dict[str, str]:
        """What ties the trace of a conversation to its log and its record."""
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        about = {"store.id": self.conversation.store_id, "channel": self.conversation.channel, "request.id": request_id}
        return {name: str(value) for name, value in about.items()}

    async def _begin(self, worker: Worker, ready: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN_S):
                await ready.wait()
        if self.earlier and self.earlier.turns:
            await self._go_on(worker, self.earlier)
        else:
            await self._greet(worker)

    async def _go_on(self, worker: Worker, earlier: Earlier) -> None:
        """Say what was not heard, or answer what was not answered; else it is the caller's turn."""
        if earlier.unheard:
            await worker.queue_frame(self._said(earlier.unheard))
        elif earlier.unanswered:
            await worker.queue_frame(LLMRunFrame())

    async def _greet(self, worker: Worker) -> None:
        await worker.queue_frame(self._said(self.welcome.sentence))
        if self.welcome.over:
            self.live.end(EndReason.CLOSED)

    def _said(self, sentence: str) -> Frame:
        """A frame with which the assistant says it, from prepared audio if there is some."""
        pcm = self.providers.prepared(sentence)
        return PreparedSpeechFrame(sentence, pcm) if pcm else TTSSpeakFrame(sentence)

    def _idle(self, _worker: Worker) -> None:
        # Whose patience has just ended is asked before.
        if not self._is_attended(within_s=IDLE_TIMES * self.limits.idle_s):
            self.live.end(EndReason.IDLE)

    def _is_attended(self, *, within_s: float = 0) -> bool:
        """Whether the caller need not say anything: staff talks to them, or they are on hold."""
        return self.staff.speaking or self.hold.patient(within_s=within_s)

    def _note_error(self, _worker: Worker, frame: ErrorFrame) -> None:
        log.warning("voice_pipeline_error", processor=str(frame.processor), category=str(frame.category))
        if frame.processor is not None and not frame.processor.is_usable:
            self.live.end(EndReason.PROVIDER_FAILED)

    async def _part(self, reason: EndReason, say: Callable[[str], Awaitable[None]]) -> None:
        if reason in GOODBYES:
            await say(GOODBYES[reason])
        elif reason is EndReason.MACHINE and self.screening:
            await self.screening.say()

    async def _finish_sentence(self, worker: Worker, running: asyncio.Task[None], *, within_s: float) -> None:
        await worker.queue_frame(EndFrame())
        await asyncio.wait({running}, timeout=within_s)


async def _tell_nobody(_message: dict[str, object]) -> None:
    """There is no client that could show it."""


def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
