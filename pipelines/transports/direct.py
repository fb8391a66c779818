"""An input whose audio goes into the pipeline from the task that receives it, a window of the voice detector at a time.

Pipecat's own has a queue and a task in between, with a timer for each frame. Whoever sends 20 ms at a time brings 50
frames a second, of which the detector can judge only 31: it wants 32 ms. So nothing is decided any later.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine, Iterable

from pipecat.frames.frames import CancelFrame, EndFrame, InputAudioRawFrame, StartFrame
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_transport import TransportParams

from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.processors.brisk import Brisk

# 512 samples at 16 kHz, 256 at 8 kHz.
WINDOWS_PER_S = 31.25


class DirectInput(Brisk, BaseInputTransport):
    """Derive from it, and call `push_audio_frame` with 16-bit LE mono of any length while it listens."""

    def __init__(self, params: TransportParams, **others: object) -> None:
        # What another of pipecat's transports, derived from as well, wants to be given.
        super().__init__(params=params, **others)
        self._incomplete = bytearray()
        self._listening: list[asyncio.Task[None]] = []

    @abstractmethod
    def listening(self) -> Iterable[Coroutine[None, None, None]]:
        """Return what runs, each in a task, from the pipeline's start to its end."""

    async def start(self, frame: StartFrame) -> None:
        """Begin to listen."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._listening = [self.create_task(each) for each in self.listening()]

    async def stop(self, frame: EndFrame) -> None:
        """Listen no more."""
        await super().stop(frame)
        await self._stop_listening()

    async def cancel(self, frame: CancelFrame) -> None:
        """Listen no more."""
        await super().cancel(frame)
        await self._stop_listening()

    async def cleanup(self) -> None:
        """Listen no more, however it ended."""
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat declares no return type
        await self._stop_listening()

    async def push_audio_frame(self, frame: InputAudioRawFrame) -> None:
        """Push the windows that are complete now."""
        self._incomplete += frame.audio
        window_bytes = round(frame.sample_rate / WINDOWS_PER_S) * BYTES_PER_SAMPLE
        complete = len(self._incomplete) // window_bytes * window_bytes
        if complete:
            audio = bytes(self._incomplete[:complete])
            del self._incomplete[:complete]
            await self.push_frame(InputAudioRawFrame(audio, frame.sample_rate, frame.num_channels))

    def _create_audio_task(self) -> None:
        """Nothing waits in a queue."""

    async def _stop_listening(self) -> None:
        listening, self._listening = self._listening, []
        for task in listening:
            await self.cancel_task(task)
