"""What ends a conversation that nobody ends: its time, the caller's sign-in, silence. All say so before."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from pipecat.frames.frames import BotStartedSpeakingFrame, BotStoppedSpeakingFrame, Frame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.limits import EndReason, Limits
from pipelines.processors.recorder import Stations
from pipelines.registry import LiveSession

ALMOST_OVER = "Just so you know, we have to finish in about half a minute."
STILL_THERE = "Are you still there?"
ENDED_BY_STORE = "The store has to end this call now. Thank you for calling, goodbye!"
GOODBYE = "I cannot hear you, so I will hang up now. Goodbye!"

# Of a conversation that may only be short, the last quarter is announced.
SHORTEST_WARNED_PART = 4

CALLER = "caller"


class Floor:
    """Knows whether anybody is speaking."""

    def __init__(self, stations: Stations) -> None:
        self._speaking: set[str] = set()
        self._free = asyncio.Event()
        self._free.set()
        self._caller_silent = asyncio.Event()
        self._caller_silent.set()
        stations.user_turn.add_event_handler("on_user_turn_started", lambda *_: self._begins(CALLER))
        stations.user_turn.add_event_handler("on_user_turn_stopped", lambda *_: self._stops(CALLER))
        stations.output.add_event_handler("on_before_push_frame", self._note)

    async def free(self, *, timeout_s: float) -> None:
        """Wait for a polite moment, or until it has to be an impolite one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._free.wait()

    async def caller_silent(self, *, timeout_s: float) -> None:
        """Wait until what the caller says is said, at most for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._caller_silent.wait()

    def _note(self, _output: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, BotStartedSpeakingFrame):
            self._begins("assistant")
        elif isinstance(frame, BotStoppedSpeakingFrame):
            self._stops("assistant")

    def _begins(self, who: str) -> None:
        self._speaking.add(who)
        self._free.clear()
        if who == CALLER:
            self._caller_silent.clear()

    def _stops(self, who: str) -> None:
        self._speaking.discard(who)
        if not self._speaking:
            self._free.set()
        if who == CALLER:
            self._caller_silent.set()


class Watch:
    """Looks after one conversation. `tell` sends an RTVI server message, `say` speaks a sentence.

    `attended`: whether the caller may be silent for as long as they like, as staff talks to them or they are on hold;
    `listen_on` then has silence counted anew.
    """

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        live: LiveSession,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        tell: Callable[[dict[str, object]], Awaitable[None]],
        say: Callable[[str], Awaitable[None]],
        attended: Callable[[], bool] = lambda: False,
        listen_on: Callable[[], Awaitable[None]],
    ) -> None:
        self._live = live
        self._limits = limits
        self._now = now
        self._tell = tell
        self._say = say
        self._attended = attended
        self._listen_on = listen_on
        self._asked = False

    async def run(self, stations: Stations, floor: Floor) -> None:
        """Watch until cancelled."""
        stations.user_turn.add_event_handler("on_user_turn_idle", self._idle)
        stations.user_turn.add_event_handler("on_user_turn_started", lambda *_: self._heard())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._time(floor))
            tasks.create_task(self._sign_in())

    async def _time(self, floor: Floor) -> None:
        longest_s, reason = min(
            (self._limits.max_session_s, EndReason.TIME_LIMIT),
            (self._live.store_left_s, EndReason.STORE_MINUTES_USED),
        )
        warning_s = min(self._limits.warning_s, longest_s / SHORTEST_WARNED_PART)
        clock = asyncio.get_running_loop().time
        ends_at_s = clock() + longest_s
        await asyncio.sleep(longest_s - warning_s)
        await self._tell({"type": "ending-soon", "reason": reason, "seconds_left": warning_s})
        if warning_s == self._limits.warning_s:
            await floor.free(timeout_s=warning_s / 2)
            await self._say(ALMOST_OVER)
        await asyncio.sleep(ends_at_s - clock())
        self._live.end(reason)

    async def _sign_in(self) -> None:
        while (expires_at := self._live.caller.expires_at) is not None:
            if await self._renewed(expires_at, before_s=self._limits.sign_in_warning_s):
                continue
            left_s = max(0, round((expires_at - self._now()).total_seconds()))
            await self._tell({"type": "token-expiring", "seconds_left": left_s})
            if not await self._renewed(expires_at, before_s=0):
                self._live.end(EndReason.TOKEN_EXPIRED)
                return

    async def _renewed(self, expires_at: datetime, *, before_s: float) -> bool:
        """Wait for a token that lasts longer, at most until so long before the end of this one."""
        try:
            async with asyncio.timeout((expires_at - self._now()).total_seconds() - before_s):
                await self._live.caller.outlasts(expires_at)
        except TimeoutError:
            return False
        return True

    async def _idle(self, _user_turn: object) -> None:
        if self._attended():
            await self._listen_on()
        elif self._asked:
            self._live.end(EndReason.IDLE)
        else:
            self._asked = True
            await self._say(STILL_THERE)

    def _heard(self) -> None:
        self._asked = False
