"""What staff of a store can do in one conversation of this process."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast
from uuid import UUID

import structlog
from pipecat.frames.frames import InterruptionFrame, UserIdleTimeoutUpdateFrame
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from auth.notices.listening import Notices
from pipelines.limits import EndReason
from pipelines.live.audio import RATE_HZ, Tap
from pipelines.live.commands import Action, CannotBeJoined, Command, ConversationOver, Switchboard, TakenOver
from pipelines.live.ear import StaffEar, hearing
from pipelines.live.telling import Sends
from pipelines.parts import Inside
from pipelines.processors.staff import Handset
from pipelines.providers import SpeechToSpeech

# A microphone that is switched on sends all the time: after so much of nothing its owner is gone.
GONE_AFTER_S = 3.0
MAX_WAITING_CHUNKS = 64
# Nobody waits for it but the next who wants the floor.
NOTED_WITHIN_S = 1.0
# Longer than the last words take.
HANDED_BACK_WITHIN_S = 2.5
# Whoever asked has given up long before.
HANDED_OFF_WITHIN_S = 10.0

Floor = Callable[[bool], Awaitable[None]]

log = structlog.get_logger()


def microphone_of(staff_id: UUID) -> str:
    """The channel on which one staff member's voice comes, as base64 of 16-bit LE mono at RATE_HZ."""
    return f"live_mic_{staff_id.hex}"


class AttendedConversation:
    """Does what the switchboard is asked. `floor` tells those who watch whether staff has taken over."""

    def __init__(
        self, inside: Inside, *, notices: Notices, sends: Sends, floor: Floor, now: Callable[[], datetime]
    ) -> None:
        self.store_id = inside.conversation.store_id
        self._inside = inside
        self._notices = notices
        self._floor = floor
        self._now = now
        self._tap = Tap(inside.conversation.id, inside.stations, sends)
        self._speaker: UUID | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._back = asyncio.Event()

    async def do(self, command: Command) -> None:
        """Do what is asked. Raises ConversationOver, CannotBeJoined or TakenOver."""
        if command.action is Action.HAND_OFF:
            return await self._hand_off(bytes.fromhex(command.text))
        if self._inside.live.over:
            raise ConversationOver
        match command.action:
            case Action.WHISPER:
                self._whisper(command.text)
            case Action.END:
                await self._end()
            case Action.HOLD:
                await self._hold()
            case Action.RESUME:
                await self._inside.hold.end()
            case Action.LISTEN:
                self._tap.open()
            case Action.TAKE_OVER if command.staff_id:
                await self._take_over(command.staff_id)
            case Action.HAND_BACK if command.staff_id == self._speaker:
                await self._hand_back()
            case _:
                pass
        return None

    async def close(self) -> None:
        """Leave nothing behind; the conversation is over."""
        if self._speaking:
            self._speaking.cancel()
            await asyncio.wait({self._speaking})
        await self._tap.close()

    def _whisper(self, text: str) -> None:
        self._handset()
        self._inside.staff.whisper(text)
        self._inside.recorder.staff_said(text, started_at=self._now(), whispered=True)

    async def _hold(self) -> None:
        self._handset()
        if self._speaker is not None:
            raise TakenOver
        if not self._inside.hold.on:
            # What is being said is cut off: staff has a reason.
            await self._inside.worker.queue_frame(InterruptionFrame())
            self._inside.hold.begin()

    async def _end(self) -> None:
        await self._hand_back()
        # What is being said is cut off, so that the goodbye is heard.
        await self._inside.worker.queue_frame(InterruptionFrame())
        self._inside.live.end(EndReason.ENDED_BY_STORE)

    async def _hand_off(self, shown_sha256: bytes) -> None:
        """Let another process go on, to which the caller has shown this token, or who they are in another way."""
        live = self._inside.live
        if not live.over and (live.resumption.matches(shown_sha256) or not shown_sha256):
            live.resumption.want_elsewhere()
            live.end(EndReason.HANDED_OFF)
        if live.reason is not EndReason.HANDED_OFF:
            raise ConversationOver
        async with asyncio.timeout(HANDED_OFF_WITHIN_S):
            await live.resumption.let_go.wait()

    async def _take_over(self, staff_id: UUID) -> None:
        handset = self._handset()
        if self._speaker is not None:
            raise TakenOver
        self._speaker = staff_id
        await self._inside.hold.close()
        self._back.clear()
        ready = asyncio.Event()
        self._speaking = asyncio.create_task(self._speak(staff_id, handset, ready), name="staff speaks")
        await ready.wait()
        if self._speaking.done():
            raise ConversationOver

    async def _hand_back(self) -> None:
        self._back.set()
        if self._speaking:
            await asyncio.wait({self._speaking}, timeout=HANDED_BACK_WITHIN_S)

    async def _speak(self, staff_id: UUID, handset: Handset, ready: asyncio.Event) -> None:
        """Let staff speak until they hand back, or are gone."""
        inside = self._inside
        voice: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING_CHUNKS)

        def hear(payload: str) -> None:
            # Anybody who may connect may notify; and what is this late is of no use.
            try:
                if not voice.full():
                    voice.put_nowait(base64.b64decode(payload, validate=True))
            except binascii.Error:
                return

        try:
            inside.staff.speaking = True
            await inside.worker.queue_frame(InterruptionFrame())
            async with self._notices.hearing(microphone_of(staff_id), hear), self._ear() as ear:
                ready.set()
                log.info("staff_took_over")
                await self._note_floor(taken=True)
                await self._pass_on(voice, handset, ear)
                await ear.finish()
        except Exception:
            log.exception("staff_not_heard")
        finally:
            ready.set()
            inside.staff.speaking = False
            try:
                # Silence counts again from now on.
                await inside.worker.queue_frame(UserIdleTimeoutUpdateFrame(timeout=inside.limits.idle_s))
                log.info("staff_handed_back")
                await self._note_floor(taken=False)
            finally:
                # Only now: what the next one notes comes after it.
                self._speaker = None

    async def _note_floor(self, *, taken: bool) -> None:
        try:
            async with asyncio.timeout(NOTED_WITHIN_S):
                await self._floor(taken)
        except Exception:
            # The caller hears who speaks all the same.
            log.exception("floor_not_noted")

    async def _pass_on(self, voice: asyncio.Queue[bytes], handset: Handset, ear: StaffEar) -> None:
        back = asyncio.create_task(self._back.wait())
        try:
            while not self._back.is_set():
                heard = asyncio.create_task(voice.get())
                await asyncio.wait({heard, back}, timeout=GONE_AFTER_S, return_when=asyncio.FIRST_COMPLETED)
                if not heard.done():
                    heard.cancel()
                    return
                pcm = heard.result()
                await handset.say(pcm, RATE_HZ)
                await ear.hear(pcm)
        finally:
            back.cancel()

    @asynccontextmanager
    async def _ear(self) -> AsyncIterator[StaffEar]:
        inside = self._inside
        if isinstance(inside.providers, SpeechToSpeech):
            raise CannotBeJoined
        async with hearing(inside.providers, inside.turn_taking, self._understood, now=self._now) as ear:
            yield ear

    def _understood(self, text: str, began_at: datetime) -> None:
        self._inside.recorder.staff_said(text, started_at=began_at, whispered=False)
        # The assistant takes it for its own: so it goes on where staff left off.
        said = cast("LLMContextMessage", {"role": "assistant", "content": text})
        self._inside.stations.user_turn.context.add_message(said)

    def _handset(self) -> Handset:
        if self._inside.stations.handset is None:
            raise CannotBeJoined
        return self._inside.stations.handset


@asynccontextmanager
async def attending(  # noqa: PLR0913 - each has its name
    inside: Inside,
    *,
    switchboard: Switchboard,
    notices: Notices,
    sends: Sends,
    floor: Floor,
    now: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Let staff act on a conversation for the block."""
    attended = AttendedConversation(inside, notices=notices, sends=sends, floor=floor, now=now)
    try:
        with switchboard.attending(inside.conversation.id, attended):
            yield
    finally:
        await attended.close()
