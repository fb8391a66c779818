"""Both voice doors on real sockets, with doubles for the providers, and a caller to walk through them."""

import asyncio
import socket as sockets
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import psutil
from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler
from yarl import URL

from auth.errors import AccessTokenMissing, InvalidAccessToken
from auth.http.asking import PRINCIPAL
from auth.http.operations import Gate
from auth.principals import Kind, Principal, SessionId, StoreId
from pipelines.assistants.records import AfterHours, Assistant, AssistantId
from pipelines.conversations.earlier_queries import EarlierQueries
from pipelines.conversations.records import Conversation
from pipelines.doors.api import VoiceDoors
from pipelines.doors.calls import Calls
from pipelines.doors.ice_servers import IceServers, Turn
from pipelines.doors.ticket_queries import TicketQueries
from pipelines.doors.tickets import Tickets
from pipelines.doors.webrtc import WebRtcDoor
from pipelines.grounding.hours import OpeningHours
from pipelines.handoffs import Handoffs
from pipelines.limits import EndReason, Limits
from pipelines.live.commands import ConversationOver
from pipelines.parts import Recorder
from pipelines.pipeline import Answering
from pipelines.place_queries import PlaceQueries
from pipelines.places import Allowed, Places
from pipelines.registry import Registry
from pipelines.tools.desk import Call
from pipelines.transports import wire
from pipelines.transports.webrtc.ice import Network
from pipelines.voice_sessions import VoiceSessions
from server.middleware import answer_errors
from tests.contract import watch
from tests.doubles import CHUNK_S, Doubles, Notebook, PlainAnswering, tone

DEADLINE_S = 10.0
RATE_HZ = 16_000
# Both ends of a call stand on this machine.
LOOPBACK = Network(public_address="127.0.0.1", private_peers=True)
TURN = Turn(urls=["turn:turn.test:3478?transport=udp"], secret="shared", ttl=timedelta(hours=1))
TOKEN_TTL = timedelta(minutes=10)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One store, `leaf`, whose assistant answers."""

    store_id: StoreId
    greeting: str = "Welcome to Leaf"
    after_hours: AfterHours = AfterHours.ANSWER

    async def of_slug(self, store: str, assistant: str | None = None) -> Assistant | None:
        """Only `leaf` is known, and there only the one assistant."""
        return self._assistant() if store == "leaf" and assistant in {None, "assistant"} else None

    async def of_store(
        self, store_id: StoreId, assistant: str | None = None, *, draft: bool = False
    ) -> Assistant | None:
        """Only its own."""
        present = self._assistant() if store_id == self.store_id and assistant in {None, "assistant"} else None
        return replace(present, version=None) if present and draft else present

    def _assistant(self) -> Assistant:
        return Assistant(
            id=AssistantId(UUID(int=1)),
            version=1,
            store_id=self.store_id,
            store_name="Leaf",
            name="Ivy",
            greeting=self.greeting,
            instructions="",
            time_zone=ZoneInfo("UTC"),
            hours=OpeningHours(((),) * 7),
            after_hours=self.after_hours,
        )


class Guard:
    """Stands in for `auth.http.asking.require`: a bearer is known or not, and a sign-in live until it is revoked."""

    def __init__(self) -> None:
        self.principals: dict[str, Principal] = {}
        self.revoked: set[SessionId] = set()

    def sign_in(
        self, kind: Kind = Kind.USER, principal_id: UUID | None = None, *, expires_in: timedelta = TOKEN_TTL
    ) -> str:
        """Return a new bearer."""
        bearer = uuid4().hex
        self.principals[bearer] = Principal(kind, principal_id or uuid4(), SessionId(uuid4()), now() + expires_in)
        return bearer

    def refresh(self, bearer: str, *, expires_in: timedelta = TOKEN_TTL) -> str:
        """Return a newer bearer of the same sign-in."""
        newer = uuid4().hex
        self.principals[newer] = replace(self.principals[bearer], expires_at=now() + expires_in)
        return newer

    async def verify(self, bearer: str) -> Principal:
        """What a bearer proves that comes over the socket."""
        principal = self.principals.get(bearer)
        if principal is None or principal.expires_at <= now() or principal.session_id in self.revoked:
            raise InvalidAccessToken("unknown")
        return principal

    async def is_live(self, session_id: SessionId) -> bool:
        """Whether nobody revoked it."""
        return session_id not in self.revoked

    @web.middleware
    async def require(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let those pass who are known."""
        principal = self.principals.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if principal is None:
            raise AccessTokenMissing
        request[PRINCIPAL] = principal
        return await handler(request)


@web.middleware
async def unlimited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let everybody begin as many calls as they like."""
    return await handler(request)


class Client(ABC):
    """The client's end of a line: sends speech, keeps what comes back, in order."""

    def __init__(self) -> None:
        self.received: list[wire.Audio | wire.Message] = []

    @abstractmethod
    async def send(self, content: wire.Audio | wire.Message) -> None:
        """Send one message."""

    @abstractmethod
    async def next(self) -> wire.Audio | wire.Message:
        """Wait for what comes next; a closed line fails the test."""

    async def ready(self) -> None:
        """Say that the client listens."""
        await self.tell("client-ready", {"version": "2.2.0", "about": {"library": "test"}})

    async def tell(self, kind: str, data: dict[str, Any] | None = None) -> None:
        """Send an RTVI message."""
        await self.send(wire.Message({"label": "rtvi-ai", "type": kind, "id": "1", "data": data}))

    async def speak(self, *, seconds: float, level: int = 8_000) -> None:
        """Speak in frames of 20 ms, all at once: VAD counts frames and not time."""
        for _ in range(round(seconds / CHUNK_S)):
            await self.send(wire.Audio(tone(seconds=CHUNK_S, rate_hz=RATE_HZ, level=level), RATE_HZ))

    async def say(self, *, level: int = 8_000) -> None:
        """Speak a sentence and fall silent."""
        await self.speak(seconds=0.4, level=level)
        await self.speak(seconds=0.4, level=0)

    async def hear(self, kind: str) -> dict[str, Any]:
        """Receive until a message of this type comes, and return it."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                received = await self.receive()
                if isinstance(received, wire.Message) and received.body["type"] == kind:
                    return received.body

    async def receive(self) -> wire.Audio | wire.Message:
        """Receive one message, and keep it."""
        received = await self.next()
        self.received.append(received)
        return received

    async def hear_server(self, kind: str) -> dict[str, Any]:
        """Receive until a server message of this type comes, and return its data."""
        while True:
            data: dict[str, Any] = (await self.hear("server-message"))["data"]
            if data.get("type") == kind:
                return data

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What came of one type so far."""
        messages = [content.body for content in self.received if isinstance(content, wire.Message)]
        return [body for body in messages if body["type"] == kind]

    def said(self) -> str:
        """What the assistant has said so far."""
        return " ".join(message["data"]["text"] for message in self.told("bot-output"))

    def audio(self) -> list[wire.Audio]:
        """The audio that came so far."""
        return [content for content in self.received if isinstance(content, wire.Audio)]

    def heard_s(self) -> float:
        """How long it is."""
        return sum(audio.duration_s for audio in self.audio())


class Caller(Client):
    """A client on a websocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        super().__init__()
        self.socket = socket

    async def send(self, content: wire.Audio | wire.Message) -> None:
        """Send one message."""
        await self.socket.send_bytes(wire.encode(content))

    async def next(self) -> wire.Audio | wire.Message:
        """Wait for what comes next; a closed socket fails the test."""
        message = await self.socket.receive()
        assert message.type is WSMsgType.BINARY, f"closed with {self.socket.close_code}"
        return wire.decode(message.data)

    async def closing(self) -> int | None:
        """Receive until the server closes, and return its code."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                if message.type is not WSMsgType.BINARY:
                    return self.socket.close_code
                self.received.append(wire.decode(message.data))

    def drop(self) -> None:
        """Lose the network: no goodbye, and the server's kernel is told at once."""
        kernel_socket = self.socket.get_extra_info("socket")
        kernel_socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._transport().abort()

    def stop_reading(self) -> None:
        """Lose the network unnoticed: what the server sends goes nowhere."""
        kernel_socket = self.socket.get_extra_info("socket")
        kernel_socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 1)
        self._transport().pause_reading()

    def _transport(self) -> asyncio.Transport:
        # There is no public way to it.
        response = self.socket._response  # noqa: SLF001
        assert response.connection is not None
        assert isinstance(response.connection.transport, asyncio.Transport)
        return response.connection.transport


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Two hosts in one process, and a client for each test's callers."""

    user: URL
    store: URL
    http: aiohttp.ClientSession
    guard: Guard
    registry: Registry
    notebook: Notebook
    leaf: Leaf
    tickets: Tickets

    def host(self, kind: Kind) -> URL:
        """Where one of them answers."""
        return self.user if kind is Kind.USER else self.store

    def sign_in(self, kind: Kind = Kind.USER, *, expires_in: timedelta = TOKEN_TTL) -> str:
        """Return a bearer; the store is always Leaf."""
        return self.guard.sign_in(kind, self.leaf.store_id if kind is Kind.STORE else None, expires_in=expires_in)

    async def start(
        self, bearer: str, kind: Kind = Kind.USER, *, transport: str = "websocket", resume: bool = False
    ) -> dict[str, Any]:
        """Ask for a ticket; return the answer."""
        url = self.host(kind) / f"{kind}/voice/start"
        headers = {"Authorization": f"Bearer {bearer}"}
        wanted = {"transport": transport, "resume": resume} | ({"store": "leaf"} if kind is Kind.USER else {})
        async with self.http.post(url, json=wanted, headers=headers) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    @asynccontextmanager
    async def call(
        self, bearer: str | None = None, kind: Kind = Kind.USER, *, resume: str | None = None
    ) -> AsyncIterator[Caller]:
        """Go through the door, as a browser does; with a resume token, back into a conversation."""
        answer = await self.start(bearer or self.sign_in(kind), kind, resume=resume is not None)
        params = {"token": answer["token"], **({"resume": resume} if resume is not None else {})}
        # No automatic close: a test may want to hear the server's first.
        async with self.http.ws_connect(answer["wsUrl"], params=params, max_msg_size=0) as socket:
            yield Caller(socket)

    async def refusal(
        self, *, kind: Kind = Kind.USER, token: str | None = None, origin: str | None = None
    ) -> tuple[int, str]:
        """Try the socket's door; return the status and the code of the plain HTTP answer."""
        params = {} if token is None else {"token": token}
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **({"Origin": origin} if origin else {}),
        }
        async with self.http.get(self.host(kind) / f"{kind}/voice/ws", params=params, headers=headers) as response:
            return response.status, (await response.json())["error"]["code"]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, at most DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
                await asyncio.sleep(0.005)

    async def end_all(self) -> None:
        """End every session, and wait for it."""
        for live in self.registry.sessions():
            live.end(EndReason.CALLER_LEFT)
        await self.empty()

    async def empty(self) -> None:
        """Wait until the last session has left its place."""
        await self.until(lambda: len(self.registry) == 0)


class Alone:
    """There is no other process; this one keeps what it has."""

    async def ask(self, *_about: object, **_more: object) -> None:
        """Refuse."""
        raise ConversationOver


@asynccontextmanager
async def doors(
    pool: asyncpg.Pool,
    *,
    providers: Doubles | None = None,
    recorder: Callable[[Conversation], Recorder] | None = None,
    answering: Callable[[Call], Answering] = lambda _call: PlainAnswering(),
    limits: Limits | None = None,
    capacity: int = 4,
    allowed: Allowed | None = None,
    resume_within_s: float = 30,
    greeting: str = "Welcome to Leaf",
    consent: str | None = None,
    after_hours: AfterHours = AfterHours.ANSWER,
    origins: tuple[str, ...] = (),
    network: Network = LOOPBACK,
    turn: Turn = TURN,
) -> AsyncIterator[World]:
    """Serve both hosts for the block; afterwards no task, socket, file or decoder of it may be left.

    What is kept of conversations is the notebook's, unless there is another recorder.
    """
    before, open_files_before = asyncio.all_tasks(), _open_files(pool)
    store_id = StoreId(
        await pool.fetchval(
            "INSERT INTO stores (email, name, slug, password_hash) VALUES ('l@e.af', 'Leaf', 'leaf', '-') RETURNING id"
        )
    )
    leaf = Leaf(store_id=store_id, greeting=greeting, after_hours=after_hours)
    guard, registry, notebook = Guard(), Registry(capacity=capacity, resume_within_s=resume_within_s), Notebook()
    tickets = Tickets(TicketQueries(pool), now=now)
    sessions = VoiceSessions(
        providers=providers or Doubles(),
        answering=lambda _assistant, call: answering(call),
        recorder=recorder or (lambda _conversation: notebook),
        limits=limits or Limits(),
        now=now,
        consent=consent,
    )

    places = Places(registry, PlaceQueries(pool), allowed or Allowed(), now=now)
    handoffs = Handoffs(PlaceQueries(pool), EarlierQueries(pool), Alone(), now=now)
    calls = Calls(places=places, sessions=sessions, network=network)
    gate = Gate(guard.require, (AccessTokenMissing,))

    def app(kind: Kind) -> web.Application:
        voice = VoiceDoors(
            kind,
            require=gate,
            limited=Gate(unlimited, ()),
            verify=guard.verify,
            is_live=guard.is_live,
            origins=origins,
            ice_servers=IceServers(urls=["stun:stun.test:3478"], turn=turn, now=now),
            assistants=leaf,
            tickets=tickets,
            registry=registry,
            places=places,
            sessions=sessions,
            handoffs=handoffs,
        )
        webrtc = WebRtcDoor(
            kind,
            verify=guard.verify,
            is_live=guard.is_live,
            origins=origins,
            assistants=leaf,
            tickets=tickets,
            calls=calls,
            places=places,
            handoffs=handoffs,
        )
        application = web.Application(middlewares=[answer_errors, watch])
        application.router.add_post(
            f"/{kind}/voice/start", gate.before(voice.start if kind is Kind.USER else voice.start_test_call)
        )
        application.router.add_get(f"/{kind}/voice/ws", voice.connect)
        application.router.add_post(f"/{kind}/voice/offer", webrtc.offer)
        application.router.add_patch(f"/{kind}/voice/offer", webrtc.trickle)
        return application

    async with served(app(Kind.USER)) as user, served(app(Kind.STORE)) as store, aiohttp.ClientSession() as http:
        world = World(
            user=user,
            store=store,
            http=http,
            guard=guard,
            registry=registry,
            notebook=notebook,
            leaf=leaf,
            tickets=tickets,
        )
        yield world
        await world.empty()
        await calls.close()
    await world.until(lambda: asyncio.all_tasks() <= before)
    await world.until(lambda: _open_files(pool) <= open_files_before)
    await world.until(lambda: not any("decoder" in thread.name for thread in threading.enumerate()))


def _open_files(pool: asyncpg.Pool) -> int:
    """Sockets and files of this process, without the connections that a pool opens when it likes."""
    return psutil.Process().num_fds() - pool.get_size()


@asynccontextmanager
async def served(app: web.Application, *, port: int = 0) -> AsyncIterator[URL]:
    """Serve for the block, on a port of the system's choice unless one is named."""
    # Not aiohttp's TestServer, which cancels handlers when a client leaves; a real server does not.
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield URL.build(scheme="http", host="127.0.0.1", port=runner.addresses[0][1])
    finally:
        await runner.cleanup()
