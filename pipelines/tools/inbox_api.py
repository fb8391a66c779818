"""The store's inbox: GET /store/messages, and PATCH and DELETE of one message."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Literal, Self
from uuid import UUID

from aiohttp import web

from auth.http.asking import asker_of
from auth.http.operations import Answer, Body, answered, asks, gives, path_id, refuses, takes
from auth.http.pages import Cursor, PageWanted
from auth.principals import StoreId
from pipelines.tools.messages import Message, MessageNotFound, MessageStatus, Reads


class MessagesWanted(PageWanted):
    """Which part of the inbox: all messages, or only those that are open or done."""

    status: Literal["open", "done"] | None = None

    @property
    def wanted(self) -> MessageStatus | None:
        """None for all."""
        return MessageStatus(self.status) if self.status else None


class MessageMarked(Body):
    """Whether somebody has taken care of the message."""

    done: bool


class MessageShown(Answer):
    """A message that a caller left.

    `number` has digits only, but for a "+" in front. `confirmed`: the caller heard it read back and said yes; whoever
    hung up before has left it all the same. `name` and `number` are null when the caller gave none.
    """

    id: UUID
    conversation_id: UUID
    taken_at: datetime
    name: str | None
    number: str | None
    text: str
    confirmed: bool
    done_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> Self:
        """What is shown of a message."""
        return cls(**{name: getattr(message, name) for name in cls.model_fields})


class MessagePage(Answer):
    """A part of the inbox, newest first; `next_before` is null at its end."""

    messages: list[MessageShown]
    next_before: str | None


class InboxApi:
    """The handlers; they belong behind `auth.http.asking.require` of stores."""

    def __init__(self, messages: Reads, *, now: Callable[[], datetime]) -> None:
        self._messages = messages
        self._now = now

    @asks(MessagesWanted)
    @gives(MessagePage)
    async def page(self, request: web.Request, wanted: MessagesWanted) -> web.Response:
        """List the messages that callers left, newest first."""
        # One more than asked for tells whether there is a next page.
        found = await self._messages.page(_store(request), wanted.wanted, before=wanted.cursor, limit=wanted.limit + 1)
        shown = found[: wanted.limit]
        following = str(Cursor(shown[-1].taken_at, shown[-1].id)) if len(found) > wanted.limit else None
        return answered(MessagePage(messages=[MessageShown.of(one) for one in shown], next_before=following))

    @takes(MessageMarked)
    @gives(MessageShown)
    @refuses(MessageNotFound)
    async def mark(self, request: web.Request, marked: MessageMarked) -> web.Response:
        """Mark a message as done, or as open again."""
        message_id = path_id(request, MessageNotFound)
        message = await self._messages.set_done(
            _store(request), message_id, done_at=self._now() if marked.done else None
        )
        if message is None:
            raise MessageNotFound(message_id)
        return answered(MessageShown.of(message))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(MessageNotFound)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete a message."""
        message_id = path_id(request, MessageNotFound)
        if not await self._messages.delete(_store(request), message_id):
            raise MessageNotFound(message_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _store(request: web.Request) -> StoreId:
    return StoreId(asker_of(request).id)
