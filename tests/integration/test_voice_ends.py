"""Ends that nobody planned: networks, shutdowns, pipelines that hang."""

import asyncio
import contextlib
import socket as sockets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

import asyncpg
import pytest
from pipecat.frames.frames import Frame, LLMContextFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from pipelines import stopping
from pipelines.assistants.records import AfterHours
from pipelines.limits import CloseCode, EndReason, Limits
from pipelines.tools.desk import Call
from pipelines.transports import socket as transports_socket
from pipelines.transports import wire
from pipelines.transports.websocket import WebsocketConnection
from tests.doubles import Doubles, PassOn, PlainAnswering, tone
from tests.voice_world import RATE_HZ, Caller, World, doors

LONG = "word " * 200


async def test_hanging_up_in_mid_sentence_leaves_nothing(pool: asyncpg.Pool) -> None:
    """The caller closes while the assistant speaks."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world:
        async with world.call() as caller:
            await caller.say()
            await caller.hear("bot-started-speaking")
        await world.empty()

        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_reset_connection_leaves_nothing(pool: asyncpg.Pool) -> None:
    """No goodbye, no FIN, and no token to come back with: the network is gone."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        caller.drop()
        await world.empty()

        assert world.notebook.ended == [EndReason.CONNECTION_LOST]


async def test_a_half_open_line_is_noticed(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other end's kernel takes whatever comes, and nobody is there to answer a ping."""
    monkeypatch.setattr(transports_socket, "HEARTBEAT_S", 0.1)
    async with doors(pool) as world:
        start = await world.start(world.sign_in())
        async with world.http.ws_connect(start["wsUrl"], params={"token": start["token"]}, autoping=False):
            await world.until(lambda: len(world.registry) == 1)
            await world.empty()

        assert world.notebook.ended == [EndReason.CONNECTION_LOST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pondering(Doubles):
    """A model that never comes to an answer."""

    def llm(self) -> FrameProcessor:
        """Swallow every question."""
        return Ponders()


class Ponders(FrameProcessor):
    """Passes everything but questions."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep questions for itself."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)


async def greeted(caller: Caller) -> None:
    """The assistant is in the middle of its greeting."""
    await caller.ready()
    await caller.hear("bot-started-speaking")


async def listening(caller: Caller) -> None:
    """The greeting is over."""
    await greeted(caller)
    await caller.hear("bot-stopped-speaking")


async def spoken_to(caller: Caller) -> None:
    """The caller is in the middle of their own sentence."""
    await listening(caller)
    await caller.speak(seconds=0.3)
    await caller.hear("user-started-speaking")


async def thinking(caller: Caller) -> None:
    """The question is asked, and nothing has come of it."""
    await listening(caller)
    await caller.say()
    await caller.hear("user-stopped-speaking")


@pytest.mark.parametrize("reach", [greeted, listening, spoken_to, thinking])
async def test_leaving_in_any_state_leaves_nothing(
    pool: asyncpg.Pool, reach: Callable[[Caller], Awaitable[None]]
) -> None:
    """With a goodbye it is over at once."""
    async with doors(pool, providers=Pondering(), greeting="word " * 5) as world:
        async with world.call() as caller:
            await reach(caller)
        await world.empty()

        assert world.notebook.ended == [EndReason.CALLER_LEFT]


@pytest.mark.parametrize("reach", [greeted, listening, spoken_to, thinking])
async def test_being_lost_in_any_state_leaves_nothing(
    pool: asyncpg.Pool, reach: Callable[[Caller], Awaitable[None]]
) -> None:
    """Nobody comes back."""
    async with doors(pool, providers=Pondering(), greeting="word " * 5, resume_within_s=0.1) as world:
        async with world.call() as caller:
            await reach(caller)
            caller.drop()
            await world.empty()

        assert world.notebook.ended == [EndReason.CONNECTION_LOST]


async def test_leaving_before_anything_began_leaves_nothing(pool: asyncpg.Pool) -> None:
    """The socket closes while the pipeline is still being set up."""
    async with doors(pool) as world:
        for _ in range(3):
            async with world.call():
                pass
            await world.empty()


async def test_a_client_that_does_not_read_is_dropped(pool: asyncpg.Pool) -> None:
    """What it does not take is not kept for it."""
    limits = Limits(unsent_s=0.1, kernel_send_buffer_bytes=1)
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG), limits=limits) as world:
        answer = await world.start(world.sign_in())
        writer = await _deaf_client(world, answer["token"])
        await world.until(lambda: len(world.registry) == 1)
        await world.empty()
        writer.close()

        assert world.notebook.ended == [EndReason.SLOW_READER]


async def test_revoking_the_sign_in_closes_its_sessions_only(pool: asyncpg.Pool) -> None:
    """Signed out elsewhere: the call ends with its own code, the others go on."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        async with world.call(bearer) as first, world.call(bearer) as second, world.call() as other:
            await other.ready()
            await other.hear("bot-started-speaking")
            world.registry.close_auth_session(world.guard.principals[bearer].session_id)

            assert await first.closing() == CloseCode.REVOKED
            assert await second.closing() == CloseCode.REVOKED
            await other.hear("bot-stopped-speaking")


async def test_shutting_down_lets_the_assistant_finish_its_sentence(pool: asyncpg.Pool) -> None:
    """Then the socket closes as going away, and no new session starts."""
    async with doors(pool, providers=Doubles(answer=lambda _question: "word " * 10)) as world:
        token = (await world.start(world.sign_in()))["token"]
        async with world.call() as caller:
            await caller.say()
            await caller.hear("bot-started-speaking")
            draining = asyncio.create_task(world.registry.drain(timeout_s=5))

            assert await caller.closing() == CloseCode.GOING_AWAY
            assert await draining
            assert sum(len(audio.pcm) for audio in caller.audio()) >= 1.0 * RATE_HZ * 2
        assert await world.refusal(token=token) == (503, "shutting_down")


async def test_shutting_down_does_not_wait_for_a_speech(pool: asyncpg.Pool) -> None:
    """After `goodbye_s` the assistant is cut off, although an EndFrame is on its way."""
    providers, limits = Doubles(answer=lambda _question: LONG), Limits(goodbye_s=0.2)
    async with doors(pool, providers=providers, limits=limits) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        draining = asyncio.create_task(world.registry.drain(timeout_s=3))

        assert await caller.closing() == CloseCode.GOING_AWAY
        assert await draining


async def test_a_server_that_has_lost_patience_leaves_nothing(pool: asyncpg.Pool) -> None:
    """Handlers that outlast the shutdown timeout are cancelled by aiohttp, in mid-sentence too."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        before = asyncio.all_tasks()
        async with world.call() as other:
            await other.say()
            await other.hear("bot-started-speaking")
            handlers = [task for task in asyncio.all_tasks() - before if "RequestHandler.start" in repr(task)]
            for handler in handlers:
                handler.cancel()

            assert await other.closing() == CloseCode.GOING_AWAY
            assert handlers
        await caller.ready()
        await caller.hear("bot-ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck(Doubles):
    """Speech recognition that does not end."""

    step: type[FrameProcessor]

    def stt(self) -> FrameProcessor:
        """Return the step that hangs."""
        return self.step()


class Hangs(PassOn):
    """Never finishes by itself."""

    async def cleanup(self) -> None:
        """Wait for ever."""
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        await asyncio.Event().wait()


class Deaf(PassOn):
    """Does not hear that it is cancelled, either."""

    let_go: ClassVar[asyncio.Event]

    async def cleanup(self) -> None:
        """Wait until it is let go."""
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        while not self.let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.let_go.wait()


@pytest.mark.parametrize("step", [Hangs, Deaf])
async def test_a_stuck_pipeline_keeps_nothing(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, step: type[FrameProcessor]
) -> None:
    """Whatever hangs inside, the socket closes, the record ends and the place is free again."""
    monkeypatch.setattr(stopping, "HARD_STOP_S", 0.1)
    monkeypatch.setattr(stopping, "CANCELLED_WITHIN_S", 0.1)
    Deaf.let_go = asyncio.Event()
    async with doors(pool, providers=Stuck(step=step), limits=Limits(max_session_s=0.3)) as world:
        async with world.call() as caller:
            assert await caller.closing() == CloseCode.TIME_LIMIT
        await world.empty()

        assert world.notebook.ended == [EndReason.TIME_LIMIT]
        Deaf.let_go.set()


async def test_a_line_that_cannot_be_closed_still_ends_the_record(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is gone either way."""

    async def fail(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(WebsocketConnection, "close", fail)
    async with doors(pool, limits=Limits(max_session_s=0.3)) as world:
        async with world.call() as caller:
            await caller.closing()
        await world.empty()

        assert world.notebook.ended == [EndReason.TIME_LIMIT]


async def _deaf_client(world: World, token: str) -> asyncio.StreamWriter:
    """Open the socket by hand, ask for a long answer, and never read."""
    connection = sockets.socket()
    connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 1)
    connection.settimeout(0)
    await asyncio.get_running_loop().sock_connect(connection, (world.user.host, world.user.port))
    _, writer = await asyncio.open_connection(sock=connection, limit=1)
    writer.write(
        f"GET /user/voice/ws?token={token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    for level in [8_000] * 20 + [0] * 20:
        writer.write(_masked(wire.encode(wire.Audio(tone(seconds=0.02, rate_hz=RATE_HZ, level=level), RATE_HZ))))
    return writer


def _masked(payload: bytes) -> bytes:
    """One binary frame of a client, masked with zeros. RFC 6455, section 5.2."""
    return b"\x82" + bytes([0x80 | 126]) + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload


@dataclass(frozen=True, slots=True)
class Goodbyes(PlainAnswering):
    """The assistant says goodbye to whatever is said."""

    call: Call

    def grounding(self) -> FrameProcessor:
        """Hang up after the answer."""
        return SaysGoodbye(self.call)


class SaysGoodbye(PassOn):
    """Wants the call ended with every answer."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Announce the end before the model answers."""
        if isinstance(frame, LLMContextFrame):
            self._call.hang_up()
        await super().process_frame(frame, direction)


async def test_after_goodbye_we_hang_up(pool: asyncpg.Pool) -> None:
    """Once the assistant's goodbye was heard to its end, and not before."""
    async with doors(pool, answering=Goodbyes) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.say()
        assert await caller.closing() == CloseCode.GOODBYE
        await world.empty()
        assert caller.said().endswith("You said hello there.")
        assert world.notebook.ended == [EndReason.SAID_GOODBYE]


async def test_who_goes_on_talking_after_goodbye_stays(pool: asyncpg.Pool) -> None:
    """A question into the goodbye is answered; the next goodbye ends the call."""
    providers = Doubles(answer=lambda _question: LONG)
    async with doors(pool, providers=providers, answering=Goodbyes) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=2)
        await caller.hear("bot-stopped-speaking")
        assert not world.notebook.ended


async def test_a_closed_store_says_so_and_hangs_up(pool: asyncpg.Pool) -> None:
    """The whole sentence is heard, with when the doors open, and then the line is closed with a code of its own."""
    async with doors(pool, after_hours=AfterHours.END) as world, world.call() as caller:
        await caller.ready()
        assert await caller.closing() == CloseCode.CLOSED
        assert caller.said().startswith("This is Leaf. We're closed today. Goodbye!")
        await world.empty()
        assert world.notebook.ended == [EndReason.CLOSED]


async def test_a_closed_store_may_still_listen(pool: asyncpg.Pool) -> None:
    """Who shall leave a message is greeted, told, and heard."""
    async with doors(pool, after_hours=AfterHours.TAKE_MESSAGE) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.say()
        await caller.hear("user-transcription")
        assert caller.said().startswith("Welcome to Leaf We're closed today. I can take a message.")
