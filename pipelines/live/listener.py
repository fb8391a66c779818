"""One of a store's staff on a socket: they hear a conversation, and may speak in the assistant's place.

Binary messages are audio: to them both sides as stereo at 16 kHz, the caller on the left, in chunks of 80 ms; from them
their microphone, mono, at most 180 ms a message, and without a pause while they have the floor. Text messages are JSON:
`take-over`, `hand-back` and `refresh-token` (with `token`) from them; `taken-over`, `handed-back` and `refused` (with
`code`) to them. When the socket is lost, so is the floor.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog
from aiohttp import WSMsgType, web

from auth.notices.listening import FeedLost, Notices
from auth.principals import SessionId, StoreId
from pipelines.conversations.records import ConversationId
from pipelines.identity import Identity, TokenRefused
from pipelines.limits import BYTES_PER_SAMPLE, Allowance, CloseCode
from pipelines.live.attended import microphone_of
from pipelines.live.audio import RATE_HZ, channel_of
from pipelines.live.commands import (
    REFUSALS,
    Action,
    CannotBeJoined,
    ConversationOver,
    NotAnswered,
    Switchboard,
    TakenOver,
)
from pipelines.live.telling import Sends

RENEW_EVERY_S = 4.0
# Four seconds of a network that stalls; what is older is of no use to anybody.
MAX_WAITING_CHUNKS = 50
SEND_WITHIN_S = 5.0
MAX_MESSAGE_BYTES = 5_760
MAX_TEXT_CHARS = 4_096
# A microphone's clock may be a little fast, and a page that was asleep catches up.
SPEED, BURST_S = 1.5, 2.0
MESSAGES_PER_S, MESSAGES_BURST = 40.0, 80.0

log = structlog.get_logger()


@dataclass(eq=False, kw_only=True)
class Listener:
    """Who listens to what; `closing` is why they have to stop."""

    identity: Identity
    conversation_id: ConversationId
    id: UUID = field(default_factory=uuid4)
    closing: asyncio.Future[CloseCode] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def store_id(self) -> StoreId:
        """Theirs, and the conversation's."""
        return StoreId(self.identity.principal.id)

    def close(self, code: CloseCode) -> None:
        """Have them stop; the first reason counts."""
        if not self.closing.done():
            self.closing.set_result(code)


class Listeners:
    """All of this process; they end with their sign-in."""

    def __init__(self) -> None:
        self.here: set[Listener] = set()

    def auth_sessions(self) -> Collection[SessionId]:
        """The sign-ins of those who listen."""
        return {listener.identity.principal.session_id for listener in self.here}

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """Have those stop who listen with this sign-in."""
        for listener in self.here:
            if listener.identity.principal.session_id == auth_session_id:
                listener.close(CloseCode.REVOKED)

    def close(self) -> None:
        """Have everybody stop."""
        for listener in self.here:
            listener.close(CloseCode.GOING_AWAY)


class Line:
    """Carries one listener's audio and wishes."""

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        listener: Listener,
        socket: web.WebSocketResponse,
        *,
        notices: Notices,
        sends: Sends,
        switchboard: Switchboard,
        took_over: Callable[[], Awaitable[None]],
    ) -> None:
        self._listener = listener
        self._socket = socket
        self._notices = notices
        self._sends = sends
        self._switchboard = switchboard
        self._audio: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING_CHUNKS)
        self._took_over = took_over
        self._speaks = False
        self._samples = Allowance(per_s=SPEED * RATE_HZ, burst=BURST_S * RATE_HZ)
        self._messages = Allowance(per_s=MESSAGES_PER_S, burst=MESSAGES_BURST)

    async def carry(self) -> CloseCode:
        """Let them hear, and be heard, until one side ends it."""
        listener = self._listener
        async with self._notices.hearing(channel_of(listener.conversation_id), self._hear):
            tasks = [asyncio.create_task(each) for each in self._tasks()]
            try:
                await asyncio.wait({listener.closing, *tasks}, return_when=asyncio.FIRST_COMPLETED)
                if listener.closing.done():
                    return listener.closing.result()
                return next(task.result() for task in tasks if task.done())
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                await self._hand_back()

    def _tasks(self) -> list[Coroutine[None, None, CloseCode]]:
        return [self._send(), self._receive(), self._renew()]

    def _hear(self, payload: str) -> None:
        if not payload:
            return self._listener.close(CloseCode.GOODBYE)
        if self._audio.full():
            self._audio.get_nowait()
        with suppress(ValueError):
            self._audio.put_nowait(base64.b64decode(payload, validate=True))
        return None

    async def _send(self) -> CloseCode:
        while True:
            pcm = await self._audio.get()
            try:
                async with asyncio.timeout(SEND_WITHIN_S):
                    await self._socket.send_bytes(pcm)
            except (TimeoutError, ConnectionError):
                return CloseCode.TOO_MUCH

    async def _renew(self) -> CloseCode:
        while True:
            try:
                await self._ask(Action.LISTEN)
            except (ConversationOver, NotAnswered):
                return CloseCode.GOODBYE
            await asyncio.sleep(RENEW_EVERY_S)

    async def _receive(self) -> CloseCode:
        while True:
            message = await self._socket.receive()
            if message.type not in {WSMsgType.BINARY, WSMsgType.TEXT}:
                return CloseCode.GOODBYE
            if not self._messages.spend(1):
                return CloseCode.TOO_MUCH
            if message.type is WSMsgType.BINARY:
                samples, half = divmod(len(message.data), BYTES_PER_SAMPLE)
                if half:
                    return CloseCode.NOT_UNDERSTOOD
                if len(message.data) > MAX_MESSAGE_BYTES or not self._samples.spend(samples):
                    return CloseCode.TOO_MUCH
                await self._speak(message.data)
            elif not await self._understood(message.data):
                return CloseCode.NOT_UNDERSTOOD

    async def _speak(self, pcm: bytes) -> None:
        if self._speaks:
            with suppress(FeedLost):
                await self._sends.send(microphone_of(self._listener.id), base64.b64encode(pcm).decode())

    async def _understood(self, text: str) -> bool:
        try:
            wish = json.loads(text) if len(text) <= MAX_TEXT_CHARS else None
        except ValueError:
            return False
        match wish:
            case {"type": "take-over"}:
                await self._take_over()
            case {"type": "hand-back"}:
                await self._hand_back()
                await self._tell("handed-back")
            case {"type": "refresh-token", "token": str(token)}:
                with suppress(TokenRefused):
                    await self._listener.identity.renew(token)
            case _:
                return False
        return True

    async def _take_over(self) -> None:
        try:
            await self._ask(Action.TAKE_OVER)
        except NotAnswered:
            await self._tell("refused", code="conversation_silent")
        except (ConversationOver, CannotBeJoined, TakenOver) as error:
            code = next(name for name, kind in REFUSALS.items() if isinstance(error, kind))
            await self._tell("refused", code=code)
        else:
            self._speaks = True
            await self._tell("taken-over")
            await self._took_over()

    async def _hand_back(self) -> None:
        if self._speaks:
            self._speaks = False
            # Whoever does not hear of it finds that the microphone is silent.
            with suppress(NotAnswered, ConversationOver):
                await self._ask(Action.HAND_BACK)

    async def _tell(self, kind: str, **about: str) -> None:
        with suppress(ConnectionError):
            await self._socket.send_json({"type": kind, **about})

    async def _ask(self, action: Action) -> None:
        listener = self._listener
        await self._switchboard.ask(action, listener.store_id, listener.conversation_id, staff_id=listener.id)
