"""POST and GET /store/live/{id}/listen: a ticket for staff, and the socket that it opens."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import partial
from http import HTTPStatus

from aiohttp import web
from yarl import URL

from auth.audit.log import Event
from auth.errors import SessionEnded
from auth.http.asking import principal_of
from auth.http.operations import answered, gives, path_id, proves, refuses
from auth.notices.listening import Notices
from auth.principals import Kind, SessionId, StoreId
from pipelines.conversations.records import ConversationId, ConversationNotFound
from pipelines.doors.api import NotAnUpgrade, OriginRefused, require_upgrade
from pipelines.doors.starts import SocketStarted
from pipelines.doors.tickets import Admission, TicketRefused, Tickets
from pipelines.identity import Identity, Verify
from pipelines.limits import CloseCode
from pipelines.live.acting_api import ActingApi
from pipelines.live.commands import ConversationOver, Switchboard
from pipelines.live.listener import MAX_MESSAGE_BYTES, Line, Listener, Listeners
from pipelines.live.telling import Sends
from pipelines.transports.socket import HEARTBEAT_S


class ListeningApi:
    """The handlers; `verify`, `is_live` and `origins` as at the doors of conversations."""

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        acting: ActingApi,
        tickets: Tickets,
        listeners: Listeners,
        *,
        notices: Notices,
        sends: Sends,
        switchboard: Switchboard,
        verify: Verify,
        is_live: Callable[[SessionId], Awaitable[bool]],
        origins: Collection[str],
        always_secure: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._acting = acting
        self._tickets = tickets
        self._listeners = listeners
        self._notices = notices
        self._sends = sends
        self._switchboard = switchboard
        self._verify = verify
        self._is_live = is_live
        self._origins = frozenset(origins)
        self._always_secure = always_secure
        self._now = now

    @gives(SocketStarted)
    @refuses(ConversationNotFound, ConversationOver)
    async def ticket(self, request: web.Request) -> web.Response:
        """Ask to listen in to a conversation, and to speak in the assistant's place."""
        conversation_id = await self._acting.running(request)
        principal = principal_of(request)
        admission = Admission(principal, StoreId(principal.id), conversation_id=conversation_id)
        token = await self._tickets.issue(admission)
        scheme = "wss" if self._always_secure or request.secure else "ws"
        url = URL.build(scheme=scheme, authority=request.host, path=f"/store/live/{conversation_id}/listen")
        return answered(SocketStarted(wsUrl=str(url), token=token))

    @proves("ticket")
    @gives(status=HTTPStatus.SWITCHING_PROTOCOLS)
    @refuses(OriginRefused, NotAnUpgrade, TicketRefused, SessionEnded, ConversationNotFound)
    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Open the socket with `?token=`.

        Binary messages are audio, 16-bit at 16 kHz: to staff in stereo, the caller on the left; from staff their
        microphone, mono, at most 180 ms a message. Text messages are JSON with a `type`: `take-over` is answered with
        `taken-over` or `refused` (and a `code`), `hand-back` with `handed-back`; `refresh-token` brings a newer access
        token as `token`. While staff has the floor the microphone has to go on, silent or not: after three seconds
        without it, or with the socket, the floor is handed back. The socket closes with 1000 when the conversation is
        over, and with the other codes of conversations.
        """
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._origins:
            raise OriginRefused(origin)
        conversation_id = ConversationId(path_id(request, ConversationNotFound))
        require_upgrade(request)
        token = request.query.get("token", "")
        admission = await self._tickets.redeem(token, kind=Kind.STORE, conversation_id=conversation_id)
        listener = Listener(
            identity=Identity(admission.principal, verify=self._verify), conversation_id=conversation_id
        )
        self._listeners.here.add(listener)
        try:
            # Only now, where a revocation finds this listener: asked before, one in between would go unnoticed.
            if not await self._is_live(admission.principal.session_id):
                raise SessionEnded(admission.principal.session_id)
            return await self._carried(request, listener)
        finally:
            self._listeners.here.discard(listener)

    async def _carried(self, request: web.Request, listener: Listener) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE_BYTES + 1, compress=False)
        await socket.prepare(request)
        note = partial(
            self._acting.note,
            request,
            conversation_id=listener.conversation_id,
            principal=listener.identity.principal,
        )
        line = Line(
            listener,
            socket,
            notices=self._notices,
            sends=self._sends,
            switchboard=self._switchboard,
            took_over=partial(note, Event.TOOK_OVER),
        )
        await note(Event.LISTENED_IN)
        expiring = asyncio.create_task(self._expire(listener))
        try:
            code = await line.carry()
        finally:
            expiring.cancel()
        await socket.close(code=code)
        return socket

    async def _expire(self, listener: Listener) -> None:
        """Close when the access token ends and no newer one came."""
        while True:
            expires_at = listener.identity.principal.expires_at
            try:
                async with asyncio.timeout((expires_at - self._now()).total_seconds()):
                    await listener.identity.outlasts(expires_at)
            except TimeoutError:
                return listener.close(CloseCode.TOKEN_EXPIRED)
