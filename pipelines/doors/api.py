"""POST …/voice/start and GET …/voice/ws, on both hosts: the way into a conversation.

Everything is settled before the upgrade, so that whoever is refused gets a plain HTTP answer and costs no more.
"""

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, get_args

import structlog
from aiohttp import web
from yarl import URL

from auth.errors import (
    AccessTokenExpired,
    AccessTokenMissing,
    InvalidAccessToken,
    InvalidRequest,
    SessionEnded,
    TooManyAttempts,
)
from auth.http.asking import principal_of
from auth.http.operations import Gate, answered, gives, proves, query, refuses, takes
from auth.principals import Kind, Principal, SessionId, StoreId, UserId
from pipelines.assistants.records import Assistant, NoAssistant
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.records import Contact
from pipelines.doors.ice_servers import IceServers
from pipelines.doors.starts import (
    IceConfig,
    OfferTo,
    PlaybackRate,
    RoomStarted,
    RoomsUnavailable,
    SocketStarted,
    Start,
    Started,
    StartTestCall,
    Transport,
    TransportNotOffered,
    Wanted,
    WebRtcStarted,
)
from pipelines.doors.tickets import Admission, TicketRefused, Tickets
from pipelines.handoffs import Handoffs
from pipelines.identity import Identity, Verify
from pipelines.limits import EndReason
from pipelines.places import LIMITS_OF_ALL, Places
from pipelines.registry import (
    CapacityReached,
    LiveSession,
    Registry,
    ResumeRefused,
    ShuttingDown,
    VoiceSessionId,
)
from pipelines.transports.socket import upgrade
from pipelines.transports.websocket import WebsocketConnection
from pipelines.voice_sessions import VoiceSessions

CHANNEL = "websocket"
# In the socket's URL, as `start` has put it there.
PLAYBACK_RATE = "playback_rate_hz"

log = structlog.get_logger()


class NotAnUpgrade(Exception):
    """The address of the socket was asked for without the websocket handshake (RFC 6455, section 4.1)."""


@dataclass
class OriginRefused(Exception):
    """A page of another site tried to open the socket."""

    origin: str


class Assistants(Protocol):
    """Where assistants are found."""

    async def of_slug(self, store: str, assistant: str | None = None) -> Assistant | None:
        """What was published of an assistant of the store with this slug; without a name, of its default one."""

    async def of_store(
        self, store_id: StoreId, assistant: str | None = None, *, draft: bool = False
    ) -> Assistant | None:
        """The same by the store's id, or its draft."""


class RoomStarts(Protocol):
    """Where rooms at Daily are opened: `pipelines.doors.rooms`, which is loaded only when it is wanted."""

    async def start(
        self, caller: Identity, assistant: Assistant, *, is_live: Callable[[SessionId], Awaitable[bool]]
    ) -> RoomStarted:
        """Return where an assistant waits. Raises RoomsUnavailable, SessionEnded, or like `Places.taken`."""


class VoiceDoors:
    """The handlers of one host. Errors raised here and below become answers at the edge.

    `require` is the gate that verifies access tokens of this kind, `verify` the same for those that come over a socket,
    `is_live` tells whether a sign-in still stands, and `origins` are the sites whose pages may open the socket.
    `limited` bounds how often calls begin at the socket itself, as at `start`. `always_secure` says that a proxy in
    front ends TLS, so that the socket's URL is wss:// whatever we see ourselves.
    """

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        kind: Kind,
        *,
        require: Gate,
        limited: Gate,
        verify: Verify,
        is_live: Callable[[SessionId], Awaitable[bool]],
        origins: Collection[str],
        always_secure: bool = False,
        ice_servers: IceServers,
        assistants: Assistants,
        tickets: Tickets,
        registry: Registry,
        places: Places,
        sessions: VoiceSessions,
        handoffs: Handoffs,
        rooms: RoomStarts | None = None,
    ) -> None:
        self._kind = kind
        self._signed_in = require.before(limited.before(self._connect_signed_in))
        self._verify = verify
        self._is_live = is_live
        self._origins = frozenset(origins)
        self._always_secure = always_secure
        self._ice_servers = ice_servers
        self._assistants = assistants
        self._tickets = tickets
        self._registry = registry
        self._places = places
        self._sessions = sessions
        self._rooms = rooms
        self._handoffs = handoffs
        self._connections: dict[VoiceSessionId, WebsocketConnection] = {}

    @takes(Start)
    @gives(Started)
    @refuses(CapacityReached, ShuttingDown, *LIMITS_OF_ALL, NoAssistant, TransportNotOffered, RoomsUnavailable)
    async def start(self, request: web.Request, wanted: Start) -> web.Response:
        """Let a user talk to an assistant of a store."""
        return await self._started(request, await self._assistants.of_slug(wanted.store, wanted.assistant), wanted)

    @takes(StartTestCall, optional=True)
    @gives(Started)
    @refuses(CapacityReached, ShuttingDown, *LIMITS_OF_ALL, NoAssistant, TransportNotOffered, RoomsUnavailable)
    async def start_test_call(self, request: web.Request, wanted: StartTestCall) -> web.Response:
        """Let a store talk to an assistant of its own, also to one that is not published."""
        store_id = StoreId(principal_of(request).id)
        assistant = await self._assistants.of_store(store_id, wanted.assistant, draft=wanted.draft)
        return await self._started(request, assistant, wanted)

    async def _started(
        self, request: web.Request, assistant: Assistant | None, wanted: Start | StartTestCall
    ) -> web.Response:
        if wanted.transport is Transport.DAILY and self._rooms is None:
            raise TransportNotOffered
        principal, present = principal_of(request), admitted(assistant, self._kind)
        if not (wanted.resume and await self._handoffs.may_return(principal)):
            await self._places.check(principal.id, present)
        draft = isinstance(wanted, StartTestCall) and wanted.draft
        self._sessions.prepare(present)
        if wanted.transport is Transport.DAILY and self._rooms is not None:
            identity = Identity(principal, verify=self._verify)
            return answered(await self._rooms.start(identity, present, is_live=self._is_live))
        token = await self._tickets.issue(Admission(principal, present.store_id, present.slug, draft))
        if wanted.transport is Transport.WEBSOCKET:
            url = self._url(request, "ws", "ws")
            if wanted.playback_rate_hz is not None:
                url = url.with_query({PLAYBACK_RATE: wanted.playback_rate_hz})
            return answered(SocketStarted(wsUrl=str(url), token=token))
        endpoint = str(self._url(request, "http", "offer").with_query(token=token))
        servers = self._ice_servers.for_caller(principal.id)
        return answered(
            WebRtcStarted(webrtcRequestParams=OfferTo(endpoint=endpoint), iceConfig=IceConfig(iceServers=servers))
        )

    @proves("ticket", "access_token")
    @gives(status=HTTPStatus.SWITCHING_PROTOCOLS)
    @refuses(OriginRefused, NotAnUpgrade, TicketRefused, ResumeRefused, SessionEnded, NoAssistant)
    @refuses(CapacityReached, ShuttingDown, *LIMITS_OF_ALL)
    @refuses(InvalidRequest, AccessTokenMissing, AccessTokenExpired, InvalidAccessToken, TooManyAttempts)
    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Open the socket.

        With `?token=` from `start`, or with `Authorization: Bearer` and, for users, `?store=`. Only a request that asks
        for the upgrade spends its ticket. With `&resume=` from the newest message `resume-token` besides, it goes on
        with the conversation that lost its network or its process, in whichever process that was.
        """
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._origins:
            raise OriginRefused(origin)
        token = request.query.get("token")
        if token is None:
            return await self._signed_in(request)
        require_upgrade(request)
        return await self._converse(request, await self._tickets.redeem(token, kind=self._kind))

    async def _connect_signed_in(self, request: web.Request) -> web.StreamResponse:
        principal = principal_of(request)
        wanted = query(request, Wanted) if self._kind is Kind.USER else None
        require_upgrade(request)
        assistant = await self._assistant_for(principal, wanted)
        return await self._converse(request, Admission(principal, assistant.store_id, assistant.slug))

    async def _converse(self, request: web.Request, admission: Admission) -> web.StreamResponse:
        resume_token, principal = request.query.get("resume"), admission.principal
        identity = Identity(principal, verify=self._verify)
        if resume_token is None:
            assistant = admitted(await found(self._assistants, admission), self._kind)
            return await self._talk(request, identity, self._places.taken(identity, assistant), assistant)
        if not await self._is_live(principal.session_id):
            raise SessionEnded(principal.session_id)
        try:
            live = self._registry.resume(resume_token, principal, among=self._connections)
        except ResumeRefused:
            earlier, place = await self._handoffs.of_token(resume_token, identity, self._places)
            return await self._talk(request, identity, place, earlier.assistant, earlier)
        return await self._rejoin(request, live)

    async def _talk(
        self,
        request: web.Request,
        identity: Identity,
        place: AbstractAsyncContextManager[LiveSession],
        assistant: Assistant,
        earlier: Earlier | None = None,
    ) -> web.StreamResponse:
        principal = identity.principal
        playback_rate_hz = _playback_rate_hz(request) or self._sessions.limits.sample_rate_hz
        async with place as live:
            # Only now, where a revocation finds this session: asked before, one in between would go unnoticed.
            if not await self._is_live(principal.session_id):
                raise SessionEnded(principal.session_id)
            socket = await upgrade(request, self._sessions.limits)
            connection = WebsocketConnection(socket, live, self._sessions.limits, playback_rate_hz=playback_rate_hz)
            user_id = UserId(principal.id) if principal.kind is Kind.USER else None
            contact = Contact(channel=CHANNEL, user_id=user_id)
            self._connections[live.id] = connection
            try:
                await self._sessions.run(connection, live, assistant, contact, earlier=earlier)
            finally:
                del self._connections[live.id]
        return socket.response

    async def _rejoin(self, request: web.Request, live: LiveSession) -> web.StreamResponse:
        connection = self._connections[live.id]
        try:
            await live.resumption.forget()
            socket = await upgrade(request, self._sessions.limits)
        except BaseException:
            # The token is used up: nobody can come back any more.
            live.lost(EndReason.CONNECTION_LOST)
            raise
        await connection.take_over(socket)
        log.info("voice_session_resumed", session_id=str(live.id))
        await socket.gone()
        return socket.response

    async def _assistant_for(self, principal: Principal, wanted: Wanted | None) -> Assistant:
        if wanted is None:
            return admitted(await self._assistants.of_store(StoreId(principal.id)), self._kind)
        return admitted(await self._assistants.of_slug(wanted.store, wanted.assistant), self._kind)

    def _url(self, request: web.Request, scheme: str, door: str) -> URL:
        secure = "s" if self._always_secure or request.secure else ""
        return URL.build(scheme=scheme + secure, authority=request.host, path=f"/{self._kind}/voice/{door}")


def require_upgrade(request: web.Request) -> None:
    """Raise NotAnUpgrade unless the websocket handshake is asked for."""
    try:
        offered = web.WebSocketResponse().can_prepare(request).ok
    except web.HTTPException:
        offered = False
    if not offered:
        raise NotAnUpgrade


def _playback_rate_hz(request: web.Request) -> int | None:
    asked = request.query.get(PLAYBACK_RATE)
    if asked is None:
        return None
    if asked not in map(str, get_args(PlaybackRate)):
        raise InvalidRequest(f"{PLAYBACK_RATE}: leave it as start has answered it.")
    return int(asked)


async def found(assistants: Assistants, admission: Admission) -> Assistant | None:
    """Whom a ticket is for, as they are now."""
    return await assistants.of_store(admission.store_id, admission.assistant, draft=admission.draft)


def admitted(assistant: Assistant | None, kind: Kind) -> Assistant:
    """Return an assistant to whom people of this kind may talk. Raises NoAssistant."""
    if assistant is None or (kind is Kind.USER and not assistant.open_to_users):
        raise NoAssistant
    return assistant
