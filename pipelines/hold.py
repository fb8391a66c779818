"""Hold: the caller hears music while nothing is answered; or they asked the assistant to wait, and it is silent.

Either way silence counts for nothing until it has lasted far too long.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import cycle

from pipecat.frames.frames import BotStartedSpeakingFrame, BotStoppedSpeakingFrame, Frame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.hold_music import RATE_HZ, faded, music
from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.processors.recorder import Stations
from pipelines.processors.staff import Handset, StaffLine

ONE_MOMENT = "One moment, please."
THANKS = "Thank you for waiting. How can I help?"
# Whoever has put a caller on hold may have forgotten them; who asked us to wait may be gone.
LONGEST_S = 300.0
# How long the sentence before the music may take to be heard.
SAID_WITHIN_S = 4.0
CHUNK_S = 0.1
CHUNK_BYTES = round(CHUNK_S * RATE_HZ) * BYTES_PER_SAMPLE

Say = Callable[[str], Awaitable[None]]


class Hold:
    """The hold of one conversation; `line` keeps the assistant from answering meanwhile."""

    def __init__(self, line: StaffLine, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._monotonic = monotonic
        self._speaks = False
        self._said = asyncio.Event()
        self._waits_until_s = 0.0
        self._holding: asyncio.Task[None] | None = None
        self._handset: Handset | None = None
        self._say: Say | None = None

    def attach(self, stations: Stations, say: Say) -> None:
        """Listen, before the pipeline starts; `say` has the assistant say a sentence."""
        self._handset, self._say = stations.handset, say
        stations.user_turn.add_event_handler("on_user_turn_started", lambda *_: self._heard())
        stations.output.add_event_handler("on_before_push_frame", self._note)

    @property
    def on(self) -> bool:
        """Whether the caller is on hold, or about to be."""
        return self._holding is not None

    def patient(self, *, within_s: float = 0) -> bool:
        """Whether the caller may be silent for as long as they like, or could until so long ago."""
        return self.on or self._monotonic() < self._waits_until_s + within_s

    def wait(self) -> None:
        """The caller asked to wait: be patient until they speak again."""
        self._waits_until_s = self._monotonic() + LONGEST_S

    def begin(self) -> None:
        """Say so, and put the caller on hold until `end`, for LONGEST_S at most; once they are, it changes nothing."""
        if self._holding is None:
            self._holding = asyncio.create_task(self._hold(), name="hold")

    async def end(self) -> None:
        """Back to the assistant, which thanks for the patience; nothing if the caller is not on hold."""
        if self._holding:
            await self.close()
            await self._told(THANKS)

    async def close(self) -> None:
        """Stop the music, and say nothing."""
        holding, self._holding = self._holding, None
        if holding and holding is not asyncio.current_task():
            holding.cancel()
            await asyncio.wait({holding})

    @asynccontextmanager
    async def music(self) -> AsyncIterator[None]:
        """Keep the caller on hold for the block; what to say before and after is up to others."""
        if self._holding is None:
            self._holding = asyncio.create_task(self._play(), name="hold")
        try:
            yield
        finally:
            await self.close()

    async def _hold(self) -> None:
        self._speaks = False
        self._said.clear()
        await self._told(ONE_MOMENT)
        with suppress(TimeoutError):
            async with asyncio.timeout(SAID_WITHIN_S):
                await self._said.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_S):
                await self._play()
        await self.end()

    async def _play(self) -> None:
        self._line.on_hold = True
        try:
            # Made once, and not on the event loop.
            pcm = await asyncio.to_thread(music)
            chunks = cycle(pcm[at : at + CHUNK_BYTES] for at in range(0, len(pcm), CHUNK_BYTES))
            await self._sound(faded(next(chunks), to=1))
            began_s = self._monotonic()
            try:
                for number, chunk in enumerate(chunks):
                    # One ahead of what is heard, so that none comes late.
                    await asyncio.sleep(began_s + number * CHUNK_S - self._monotonic())
                    await self._sound(chunk)
            finally:
                await self._sound(faded(next(chunks), to=0))
        finally:
            self._line.on_hold = False

    async def _sound(self, pcm: bytes) -> None:
        if self._handset:
            await self._handset.say(pcm, RATE_HZ)

    async def _told(self, sentence: str) -> None:
        if self._say:
            await self._say(sentence)

    def _heard(self) -> None:
        self._waits_until_s = 0.0

    def _note(self, _output: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, BotStartedSpeakingFrame):
            self._speaks = True
        elif isinstance(frame, BotStoppedSpeakingFrame) and self._speaks:
            # Not what was cut off before.
            self._said.set()
