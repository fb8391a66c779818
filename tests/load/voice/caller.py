"""One caller of a load test: a microphone that never stops, ears, and the manners of a person."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence

from tests.load.voice.lines import FRAME_S, Came, Line, Said
from tests.load.voice.measures import Lateness, Noted

READY = {
    "label": "rtvi-ai",
    "type": "client-ready",
    "id": "1",
    "data": {"version": "2.2.0", "about": {"library": "storeline-load"}},
}

# Whoever hears nothing for so long takes the assistant for finished, as its own pauses are shorter.
FINISHED_S = 0.7
THINKS_S = (0.2, 1.0)
# An answer that has not begun after so long is missing.
REPLY_WITHIN_S = 15.0
# The server's measure and ours differ by less, unless something else was said first.
PATIENCE_MS = 500
# Replies are interrupted after a second, and must have a second left that could be heard on.
INTERRUPTS_AFTER_S = 1.0
SILENT_S = 0.25
BARGE_IN_WITHIN_S = 3.0


class Caller:
    """Talks over an open line until cancelled. `noted` is replaced from outside when a new step begins."""

    def __init__(self, line: Line, said: Said, *, interrupts: float, seed: int) -> None:
        self.noted = Noted()
        self._line = line
        self._said = said
        self._interrupts = interrupts
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._speech: deque[bytes] = deque()
        self._spoken = asyncio.Event()
        self._audio = asyncio.Event()
        self._opened_s = time.perf_counter()
        self._heard_s = 0.0
        self._speaks_over = False
        self._started = False
        self._told_ms = 0
        self._lateness = Lateness()

    async def run(self) -> None:
        """Talk. Raises ConnectionError when the other side hangs up."""
        await self._line.tell(READY)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._speak())
            tasks.create_task(self._listen())
            tasks.create_task(self._converse())

    async def _converse(self) -> None:
        await asyncio.sleep(self._random.uniform(0, 2))
        while True:
            await self._until_silent()
            await asyncio.sleep(self._random.uniform(*THINKS_S))
            self._told_ms = 0
            await self._say(self._random.choice(self._said.phrases))
            heard_ms = await self._reply()
            if heard_ms is None:
                continue
            if self._random.random() < self._interrupts:
                await asyncio.sleep(INTERRUPTS_AFTER_S)
                if time.perf_counter() - self._heard_s < 2 * FRAME_S:
                    await self._interrupt(self._random.choice(self._said.phrases))
            await self._until_silent()
            # A word of patience came first, which is no answer: then only the server knows.
            patience = self._told_ms > heard_ms + PATIENCE_MS
            self.noted.voice_to_voice_ms.append(self._told_ms if patience else heard_ms)

    async def _say(self, frames: Sequence[bytes]) -> None:
        self._spoken.clear()
        self._audio.clear()
        self._speech = deque(frames)
        await self._spoken.wait()
        self._audio.clear()

    async def _reply(self) -> float | None:
        """Wait for the answer to what was said to its end just now; return how long it took, in ms."""
        ended_s = time.perf_counter()
        try:
            async with asyncio.timeout(REPLY_WITHIN_S):
                await self._audio.wait()
        except TimeoutError:
            self.noted.errors["no_reply"] += 1
            return None
        return (self._heard_s - ended_s) * 1000

    async def _interrupt(self, frames: Sequence[bytes]) -> None:
        """Speak over the assistant, and note when it fell silent; then wait for what it says to that."""
        began_s, noted = time.perf_counter(), self.noted
        self._speaks_over = True
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._say(frames))
            try:
                async with asyncio.timeout(BARGE_IN_WITHIN_S):
                    # A person notices silence as late; the moment it began is known afterwards.
                    last_s = await self._silence(since_s=began_s)
                noted.barge_in_ms.append((last_s - began_s) * 1000)
            except TimeoutError:
                noted.errors["not_interrupted"] += 1
        self._speaks_over = False
        await self._reply()

    async def _silence(self, *, since_s: float) -> float:
        """Wait for SILENT_S of silence; return when it began."""
        while (left_s := (last_s := max(self._heard_s, since_s)) + SILENT_S - time.perf_counter()) > 0:  # noqa: ASYNC110 - as below
            await asyncio.sleep(left_s)
        return last_s

    async def _until_silent(self) -> None:
        while (left_s := self._heard_s + FINISHED_S - time.perf_counter()) > 0:  # noqa: ASYNC110 - silence has no event
            await asyncio.sleep(left_s)

    async def _speak(self) -> None:
        due_s = time.perf_counter() + self._random.uniform(0, FRAME_S)
        while True:
            await asyncio.sleep(due_s - time.perf_counter())
            due_s += FRAME_S
            if self._speech:
                await self._line.send(self._speech.popleft())
                if not self._speech:
                    self._spoken.set()
            else:
                await self._line.send(self._said.silence)

    async def _listen(self) -> None:
        while True:
            self._take(await self._line.next())

    def _take(self, came: Came) -> None:
        at_s = time.perf_counter()
        if isinstance(came, float):
            late_s = self._lateness.of(at_s, duration_s=came)
            if not self._speaks_over:
                self.noted.frame(late_s)
            self._heard_s = at_s
            self._audio.set()
            return
        match came:
            case {"type": "bot-ready"} if not self._started:
                self._started = True
                self.noted.start_ms.append((at_s - self._opened_s) * 1000)
            case {"type": "server-message", "data": {"type": "turn-latency", "latency_ms": dict(latency_ms)}}:
                self.noted.stages(latency_ms)
                self._told_ms = latency_ms.get("on_wire") or 0
            case _:
                pass
