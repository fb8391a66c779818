"""GET /store/live and /store/live/events: the conversations that go on, and what happens in them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from auth.errors import SessionEnded
from auth.http.asking import principal_of
from auth.http.operations import Answer, answered, gives, refuses
from auth.principals import SessionId, StoreId
from pipelines.live.events import Closing, Listed, LiveEvent
from pipelines.live.interest import RENEW_EVERY_S
from pipelines.live.queries import LiveQueries
from pipelines.live.shown import LiveConversation
from pipelines.live.watching import TooManyWatchers, Watcher, Watchers

LIST_EVERY_S = 15.0
# After these, the list is another one.
CHANGES = frozenset({"started", "floor", "ended"})
# Whoever takes nothing for so long is gone, or too slow for speech.
WRITE_WITHIN_S = 5.0


class LiveConversations(Answer):
    """All that go on, the longest first."""

    conversations: list[LiveConversation]


class LiveApi:
    """The handlers; they belong behind `auth.http.asking.require` of stores."""

    def __init__(
        self,
        live: LiveQueries,
        watchers: Watchers,
        *,
        is_live: Callable[[SessionId], Awaitable[bool]],
        now: Callable[[], datetime],
    ) -> None:
        self._live = live
        self._watchers = watchers
        self._is_live = is_live
        self._now = now

    @gives(LiveConversations)
    async def running(self, request: web.Request) -> web.Response:
        """List the store's conversations that go on now, in all processes.

        Those of a process that was killed leave the list within 20 seconds.
        """
        return answered(LiveConversations(conversations=await self._running(StoreId(principal_of(request).id))))

    @gives(LiveEvent, media="text/event-stream")
    @refuses(TooManyWatchers, SessionEnded)
    async def events(self, request: web.Request) -> web.StreamResponse:
        """Hear what happens in the store's conversations, word by word, as server-sent events.

        Read it with `fetch`, which can send Authorization; an EventSource cannot. The first event, `conversations`,
        is the list of those that go on; it comes again after each change, and every 15 seconds. `caller` has the words
        of the caller's turn so far, `assistant` those that begin to be spoken, and `turn` the whole turn as it went on
        record. What was said before is at GET /store/conversations/{id}. The stream ends with `closing`: when the
        access token expires, the sign-in ends, or a reader falls too far behind. Nothing is repeated after that: ask
        again, and read the record.
        """
        principal = principal_of(request)
        async with self._watchers.watching(principal) as watcher:
            # Only now, where a revocation finds this watcher: asked before, one in between would go unnoticed.
            if not await self._is_live(principal.session_id):
                raise SessionEnded(principal.session_id)
            stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
            await stream.prepare(request)
            if request.method == "GET":
                await self._stream(watcher, stream, request)
        return stream

    async def _stream(self, watcher: Watcher, stream: web.StreamResponse, request: web.Request) -> None:
        expires_in_s = (watcher.principal.expires_at - self._now()).total_seconds()
        expiring = asyncio.get_running_loop().call_later(expires_in_s, watcher.end, "token_expired")
        try:
            await self._tell(watcher, stream)
            closing = Closing(reason=watcher.why or "shutting_down")
            await _write(stream, closing.type, closing.model_dump_json())
        except (TimeoutError, ConnectionError):
            # A handler that returns would wait for the rest to be read.
            if request.transport:
                request.transport.abort()
        finally:
            expiring.cancel()

    async def _tell(self, watcher: Watcher, stream: web.StreamResponse) -> None:
        list_at_s = renew_at_s = 0.0
        while watcher.why is None:
            if time.monotonic() >= renew_at_s:
                await self._watchers.renew(watcher)
                renew_at_s = time.monotonic() + RENEW_EVERY_S
            if time.monotonic() >= list_at_s:
                listed = Listed(conversations=await self._running(StoreId(watcher.principal.id)))
                await _write(stream, listed.type, listed.model_dump_json())
                list_at_s = time.monotonic() + LIST_EVERY_S
            event = await watcher.next(timeout_s=max(0.0, renew_at_s - time.monotonic()))
            if event:
                await _write(stream, *event)
                list_at_s = 0.0 if event[0] in CHANGES else list_at_s

    async def _running(self, store_id: StoreId) -> list[LiveConversation]:
        return [LiveConversation.of(each) for each in await self._live.running(store_id, now=self._now())]


async def _write(stream: web.StreamResponse, name: str, data: str) -> None:
    # https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    async with asyncio.timeout(WRITE_WITHIN_S):
        await stream.write(f"event: {name}\ndata: {data}\n\n".encode())
