"""What staff of a store can do in one conversation of this process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from pipecat.frames.frames import InterruptionFrame

from pipelines.limits import EndReason
from pipelines.live.commands import Action, CannotBeJoined, Command, ConversationOver, Switchboard
from pipelines.session import Inside


class AttendedConversation:
    """Does what the switchboard is asked."""

    def __init__(self, inside: Inside, *, now: Callable[[], datetime]) -> None:
        self.store_id = inside.conversation.store_id
        self._inside = inside
        self._now = now

    async def do(self, command: Command) -> None:
        """Do what is asked. Raises ConversationOver or CannotBeJoined."""
        if self._inside.live.over:
            raise ConversationOver
        match command.action:
            case Action.WHISPER:
                self._whisper(command.text)
            case Action.END:
                await self._end()

    def _whisper(self, text: str) -> None:
        if self._inside.stations.handset is None:
            raise CannotBeJoined
        self._inside.staff.whisper(text)
        self._inside.recorder.staff_said(text, started_at=self._now(), whispered=True)

    async def _end(self) -> None:
        # What is being said is cut off, so that the goodbye is heard.
        await self._inside.worker.queue_frame(InterruptionFrame())
        self._inside.live.end(EndReason.ENDED_BY_STORE)


@asynccontextmanager
async def attending(inside: Inside, *, switchboard: Switchboard, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Let staff act on a conversation for the block."""
    attended = AttendedConversation(inside, now=now)
    with switchboard.attending(inside.conversation.id, attended):
        yield
