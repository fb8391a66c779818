"""Pipecat's Daily transport for one caller: only they are heard, and what is said to them can be paused."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pipecat.frames.frames import (
    InputTransportMessageFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
from pipecat.transports.daily.transport import (
    DailyInputTransport,
    DailyOutputTransport,
    DailyOutputTransportMessageUrgentFrame,
    DailyParams,
    DailyTransport,
    DailyTransportClient,
)
from pipecat.utils.asyncio.task_manager import TaskManager

from pipelines.daily.engine import Engine
from pipelines.limits import Limits
from pipelines.transports.audio import both_ways
from pipelines.transports.direct import DirectInput
from pipelines.transports.pausable import PausableOutput

JOIN_S = 10.0
LEAVE_S = 3.0
# A message that Daily has not taken by then is lost.
MESSAGE_S = 2.0
MAX_REASON_CHARS = 300
# Input, output and we hold the room and the client together: the last one that lets go leaves.
OWNERS = 3


@dataclass
class JoinRefused(Exception):
    """We did not get into the room; `reason` is Daily's, or that it took too long."""

    reason: str


class Seat(Protocol):
    """Who the caller is, and what they send."""

    @property
    def caller_id(self) -> str | None:
        """Their participant id, once they are in the room."""

    async def message(self) -> dict[str, Any]:
        """Wait for their next message."""


@dataclass(frozen=True, slots=True)
class _JoinSetup:
    """What pipecat's client reads of a processor's set-up."""

    task_manager: TaskManager
    audio_in_sample_rate: int
    audio_out_sample_rate: int


class RoomTransport(DailyTransport):
    """Joins before there is a pipeline, so that a conversation begins when its caller comes."""

    def __init__(self, url: str, token: str, seat: Seat, engine: Engine, limits: Limits) -> None:
        self._seat = seat
        self._engine = engine
        self._limits = limits
        params = both_ways(DailyParams, limits, playback_rate_hz=limits.sample_rate_hz, camera_out_enabled=False)
        super().__init__(url, token, "Assistant", params)

    def input(self) -> DailyInputTransport:
        """The pipeline's first processor."""
        if self._input is None:
            self._input = _Input(self, self._client, self._params, self._seat)
        return self._input

    def output(self) -> DailyOutputTransport:
        """The processor behind speech synthesis."""
        if self._output is None:
            self._output = _Output(self, self._client, self._params, self._seat)
        return self._output

    async def join(self) -> None:
        """Come into the room, within JOIN_S: Daily's own client gives up after 19 s. Raises JoinRefused."""
        rate_hz = self._limits.sample_rate_hz
        setup = cast("FrameProcessorSetup", _JoinSetup(TaskManager(), rate_hz, rate_hz))
        try:
            async with asyncio.timeout(JOIN_S):
                await self._client.setup(setup)
                await self._client.join()
        except TimeoutError:
            raise JoinRefused(f"no answer within {JOIN_S:.0f} s") from None

    async def leave(self) -> None:
        """Leave the room and let go of the client, whatever of the pipeline still holds them. Bounded."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                for _ in range(OWNERS):
                    await self._client.leave()
        await self._engine.release(self._release())

    async def _release(self) -> None:
        for _ in range(OWNERS):
            await self._client.cleanup()
        # A track that goes after the engine has ended ends the process.
        self._client._microphone_track = None  # noqa: SLF001 - pipecat keeps it for as long as itself
        await self.cleanup()  # type: ignore[no-untyped-call]  # pipecat declares no return type

    async def _on_error(self, error: str) -> None:
        # Before there is a pipeline, which would be told, only joining can fail.
        if self._input is None:
            raise JoinRefused(error[:MAX_REASON_CHARS])
        await super()._on_error(error)  # type: ignore[no-untyped-call]  # pipecat declares no types


class _Input(DirectInput, DailyInputTransport):
    """What the caller says, sends and dials."""

    def __init__(self, transport: RoomTransport, client: DailyTransportClient, params: DailyParams, seat: Seat) -> None:
        super().__init__(params, transport=transport, client=client)
        self._seat = seat

    def listening(self) -> Iterable[Coroutine[None, None, None]]:
        return (self._listen(),)

    async def capture_participant_audio(
        self, participant_id: str, audio_source: str = "microphone", sample_rate: int = 16_000
    ) -> None:
        """Hear one participant; pipecat asks for everybody."""
        if participant_id == self._seat.caller_id:
            await super().capture_participant_audio(participant_id, audio_source, sample_rate)

    async def push_app_message(self, message: object, sender: str) -> None:
        """Leave it to the seat, which has seen it already, and those from before there was a pipeline."""

    async def _listen(self) -> None:
        if self._seat.caller_id is not None:
            await self.capture_participant_audio(self._seat.caller_id, sample_rate=self.sample_rate)
        while True:
            # RTVI stands before this processor.
            message = await self._seat.message()
            await self.push_frame(InputTransportMessageFrame(message=message), FrameDirection.UPSTREAM)


class _Output(PausableOutput, DailyOutputTransport):
    """What the caller hears; Daily takes each frame when it is due."""

    def __init__(self, transport: RoomTransport, client: DailyTransportClient, params: DailyParams, seat: Seat) -> None:
        super().__init__(params, transport=transport, client=client)
        self._seat = seat

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        chunks = await self.released(frame.audio)
        for pcm in chunks:
            if not await super().write_audio_frame(OutputAudioRawFrame(pcm, frame.sample_rate, 1)):
                return False
        return bool(chunks)

    async def send_message(self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame) -> None:
        """Tell the caller, and nobody else in the room."""
        if self._seat.caller_id is None:
            return
        addressed = DailyOutputTransportMessageUrgentFrame(frame.message, participant_id=self._seat.caller_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MESSAGE_S):
                await super().send_message(addressed)
