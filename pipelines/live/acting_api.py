"""POST /store/live/{id}/whisper, …/hold, …/resume and …/end: what staff does in a conversation that goes on."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import Field

from auth.audit.log import Audit, Event
from auth.http.asking import device_of, principal_of
from auth.http.operations import Body, gives, path_id, refuses, takes
from auth.principals import Principal, StoreId
from pipelines.conversations.records import ConversationId, ConversationNotFound, Conversations
from pipelines.live.commands import (
    MAX_WHISPER_CHARS,
    Action,
    CannotBeJoined,
    ConversationOver,
    NotAnswered,
    Switchboard,
    TakenOver,
)
from pipelines.live.queries import LiveQueries


class Whisper(Body):
    """What the assistant shall do with its next answer, in a sentence or two."""

    # No control characters: PostgreSQL cannot store NUL.
    text: Annotated[str, Field(min_length=1, max_length=MAX_WHISPER_CHARS, pattern=r"^[^\u0000-\u001f\u007f]+$")]


class ActingApi:
    """The handlers; they belong behind `auth.http.asking.require` of stores."""

    def __init__(
        self,
        live: LiveQueries,
        conversations: Conversations,
        switchboard: Switchboard,
        audit: Audit,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._live = live
        self._conversations = conversations
        self._switchboard = switchboard
        self._audit = audit
        self._now = now

    @takes(Whisper)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ConversationNotFound, ConversationOver, CannotBeJoined, NotAnswered)
    async def whisper(self, request: web.Request, wanted: Whisper) -> web.Response:
        """Tell the assistant what to do with its next answer; the caller hears nothing of it.

        The assistant follows it in its own words. It is on record as a turn of `staff` that is `whispered`.
        """
        await self._done(request, Action.WHISPER, Event.WHISPERED, text=wanted.text)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ConversationNotFound, ConversationOver, CannotBeJoined, TakenOver, NotAnswered)
    async def hold(self, request: web.Request) -> web.Response:
        """Put a caller on hold: they are told, hear music, and are answered nothing.

        After five minutes the assistant comes back by itself.
        """
        await self._done(request, Action.HOLD, Event.PUT_ON_HOLD)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ConversationNotFound, ConversationOver, NotAnswered)
    async def resume(self, request: web.Request) -> web.Response:
        """Give a caller on hold back to the assistant, which thanks for the patience."""
        await self._done(request, Action.RESUME, Event.TAKEN_OFF_HOLD)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ConversationNotFound, ConversationOver, NotAnswered)
    async def end(self, request: web.Request) -> web.Response:
        """End a conversation: the assistant says goodbye, and hangs up."""
        await self._done(request, Action.END, Event.CALL_ENDED)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _done(self, request: web.Request, action: Action, event: Event, *, text: str = "") -> None:
        conversation_id = await self.running(request)
        store_id = StoreId(principal_of(request).id)
        await self._switchboard.ask(action, store_id, conversation_id, text=text)
        await self.note(request, event, conversation_id, principal_of(request))

    async def running(self, request: web.Request) -> ConversationId:
        """Return the request's conversation, which goes on. Raises ConversationNotFound or ConversationOver."""
        principal = principal_of(request)
        conversation_id = ConversationId(path_id(request, ConversationNotFound))
        if await self._live.find(StoreId(principal.id), conversation_id, now=self._now()) is None:
            await self._conversations.find(principal, conversation_id)
            raise ConversationOver
        return conversation_id

    async def note(
        self, request: web.Request, event: Event, conversation_id: ConversationId, principal: Principal
    ) -> None:
        """Write into the store's audit log what was done."""
        await self._audit.note(
            event,
            device_of(request),
            principal_id=principal.id,
            session_id=principal.session_id,
            conversation_id=str(conversation_id),
        )
