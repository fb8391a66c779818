"""GET /store/live: the conversations that go on."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Self
from uuid import UUID

from aiohttp import web

from auth.http.asking import principal_of
from auth.http.operations import Answer, answered, gives
from auth.principals import StoreId
from pipelines.conversations.records import Direction
from pipelines.live.queries import LiveQueries
from pipelines.live.records import Running


class LiveConversation(Answer):
    """A conversation that goes on; `GET /store/conversations/{id}` has what was said so far.

    `caller` is the name of a user who signed in, `caller_number` that of a telephone; null for everybody else.
    `assistant` is the name that callers hear, `assistant_version` null for a draft that the store tries.
    """

    id: UUID
    channel: str
    started_at: datetime
    assistant_id: UUID
    assistant: str
    assistant_version: int | None
    user_id: UUID | None
    caller: str | None
    caller_number: str | None
    direction: Direction

    @classmethod
    def of(cls, running: Running) -> Self:
        """What is shown of it."""
        return cls(**asdict(running))


class LiveConversations(Answer):
    """All that go on, the longest first."""

    conversations: list[LiveConversation]


class LiveApi:
    """The handlers; they belong behind `auth.http.asking.require` of stores."""

    def __init__(self, live: LiveQueries, *, now: Callable[[], datetime]) -> None:
        self._live = live
        self._now = now

    @gives(LiveConversations)
    async def running(self, request: web.Request) -> web.Response:
        """List the store's conversations that go on now, in all processes.

        Those of a process that was killed leave the list within 20 seconds.
        """
        running = await self._live.running(StoreId(principal_of(request).id), now=self._now())
        return answered(LiveConversations(conversations=[LiveConversation.of(each) for each in running]))
