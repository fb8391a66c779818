"""The websocket door with real sockets, a real database and doubles for the providers.

Each test ends with `doors` making sure that no session and no task is left.
"""

import asyncio
import contextlib
import json
import socket as sockets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import asyncpg
import pytest
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState
from pipecat.processors.frame_processor import FrameProcessor
from yarl import URL

from auth.principals import Kind, StoreId
from pipelines import session
from pipelines.doors.tickets import Admission
from pipelines.limits import CloseCode, EndReason, Limits
from pipelines.transports import wire
from pipelines.transports.websocket import WebsocketConnection
from tests.doubles import CHUNK_S, Doubles, PassOn, loudness, tone
from tests.voice_world import RATE_HZ, Caller, World, doors

LONG = "word " * 200
# Quieter than what callers say, and loud enough for VAD.
SOUND_LEVEL = 2_000


async def test_a_conversation(pool: asyncpg.Pool) -> None:
    """Greeting, question, answer, goodbye: the official client's order of events."""
    async with doors(pool) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-ready")
        await caller.hear("bot-stopped-speaking")
        greeting = caller.audio()
        await caller.say()
        heard = await caller.hear("user-transcription")
        await caller.hear("bot-stopped-speaking")
        await caller.tell("disconnect-bot")

        assert await caller.closing() == CloseCode.GOODBYE
        assert heard["data"]["text"] == "hello there"
        assert "You said hello there." in _said(caller)
        assert sum(len(audio.pcm) for audio in greeting) >= 0.3 * RATE_HZ * 2
        assert {(len(audio.pcm), audio.sample_rate_hz, audio.channels) for audio in caller.audio()} == {
            (640, RATE_HZ, 1)
        }
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_store_talks_to_its_own_assistant(pool: asyncpg.Pool) -> None:
    """The store host needs no name, and its ticket opens its own door."""
    async with doors(pool) as world, world.call(kind=Kind.STORE) as caller:
        await caller.ready()
        await caller.hear("bot-started-speaking")


async def test_who_never_says_ready_is_greeted_too(pool: asyncpg.Pool) -> None:
    """A client without RTVI hears the greeting after a moment."""
    async with doors(pool) as world, world.call() as caller:
        await caller.hear("bot-started-speaking")


async def test_who_speaks_first_is_not_greeted(pool: asyncpg.Pool) -> None:
    """The greeting does not talk over the caller."""
    async with doors(pool) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-stopped-speaking")

        assert "Welcome" not in _said(caller)


async def test_native_clients_come_with_their_access_token(pool: asyncpg.Pool) -> None:
    """`Authorization` on the upgrade, and the store's name in the query."""
    async with doors(pool) as world:
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        url = world.user / "user/voice/ws" % {"store": "leaf"}
        async with world.http.ws_connect(url, headers=headers) as socket:
            await Caller(socket).hear("bot-started-speaking")


async def test_start_answers_what_the_javascript_client_takes(pool: asyncpg.Pool) -> None:
    """Exactly two keys; the URL is where the client called."""
    async with doors(pool) as world:
        answer = await world.start(world.sign_in())

        assert answer.keys() == {"wsUrl", "token"}
        assert answer["wsUrl"] == f"ws://127.0.0.1:{world.user.port}/user/voice/ws"


# What is refused is refused before the upgrade.


async def test_a_ticket_opens_the_door_once(pool: asyncpg.Pool) -> None:
    """While its first caller talks and after."""
    async with doors(pool) as world:
        answer = await world.start(world.sign_in())
        async with world.http.ws_connect(answer["wsUrl"], params={"token": answer["token"]}):
            assert await _refusal(world, token=answer["token"]) == (401, "ticket_refused")
        assert await _refusal(world, token=answer["token"]) == (401, "ticket_refused")


async def test_of_two_that_redeem_at_once_one_gets_in(pool: asyncpg.Pool) -> None:
    """PostgreSQL decides."""
    async with doors(pool) as world:
        token = await world.tickets.issue(_admission(world))
        results = await asyncio.gather(
            *(world.tickets.redeem(token, kind=Kind.USER) for _ in range(8)), return_exceptions=True
        )

        assert sum(isinstance(result, Admission) for result in results) == 1


async def test_a_ticket_of_the_other_host_is_refused(pool: asyncpg.Pool) -> None:
    """A user's ticket opens nothing at the store's host."""
    async with doors(pool) as world:
        token = (await world.start(world.sign_in()))["token"]

        assert await _refusal(world, kind=Kind.STORE, token=token) == (401, "ticket_refused")


async def test_without_anything_nobody_gets_in(pool: asyncpg.Pool) -> None:
    """Neither ticket nor access token."""
    async with doors(pool) as world:
        assert await _refusal(world) == (401, "access_token_missing")
        assert await _refusal(world, token="") == (401, "ticket_refused")


async def test_a_revoked_sign_in_makes_its_ticket_worthless(pool: asyncpg.Pool) -> None:
    """Signed out between start and connect."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        token = (await world.start(bearer))["token"]
        world.guard.revoked.add(world.guard.principals[bearer].session_id)

        assert await _refusal(world, token=token) == (401, "session_ended")


async def test_pages_of_other_sites_are_refused(pool: asyncpg.Pool) -> None:
    """Only origins on the list, exactly: the host's own name over another scheme is another site."""
    listed = "https://shop.example"
    async with doors(pool, origins=(listed,)) as world:
        others = (
            "https://evil.example",
            "https://shop.example.evil.example",
            "http://shop.example",
            str(world.user.origin()),
            "null",
        )
        for origin in others:
            assert await _refusal(world, token="any", origin=origin) == (403, "origin_refused")
        answer = await world.start(world.sign_in())
        url, params = answer["wsUrl"], {"token": answer["token"]}
        async with world.http.ws_connect(url, params=params, origin=listed) as socket:
            assert not socket.closed


async def test_a_full_house_answers_503_at_both_doors(pool: asyncpg.Pool) -> None:
    """With a time to come back; a place that is given up is free again."""
    async with doors(pool, capacity=1) as world:
        token = (await world.start(world.sign_in()))["token"]
        async with world.call():
            assert await _refusal(world, token=token) == (503, "capacity_reached")
            url = world.user / "user/voice/start"
            headers = {"Authorization": f"Bearer {world.sign_in()}"}
            async with world.http.post(url, json={"store": "leaf"}, headers=headers) as response:
                assert (response.status, response.headers["Retry-After"]) == (503, "10")
        await world.empty()
        async with world.call():
            pass


async def test_an_unknown_store_answers_404(pool: asyncpg.Pool) -> None:
    """Nothing is issued."""
    async with doors(pool) as world:
        url = world.user / "user/voice/start"
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.post(url, json={"store": "nobody"}, headers=headers) as response:
            assert response.status == 404


@pytest.mark.parametrize("store", ["\0", "", "Leaf", "leaf\n", "le\ud800af", "l" * 49])
async def test_what_cannot_be_a_stores_name_is_refused(pool: asyncpg.Pool, store: str) -> None:
    """At both doors, before the database is asked."""
    async with doors(pool) as world:
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.post(world.user / "user/voice/start", json={"store": store}, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (400, "invalid_request")
        quoted = quote(store, errors="surrogatepass")
        url = URL(f"{world.user}/user/voice/ws?store={quoted}", encoded=True)
        async with world.http.get(url, headers=headers) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (400, "invalid_request")


async def test_who_names_no_store_is_told(pool: asyncpg.Pool) -> None:
    """The field that is missing, and nothing else."""
    async with doors(pool) as world:
        headers = {"Authorization": f"Bearer {world.sign_in()}"}
        async with world.http.get(world.user / "user/voice/ws", headers=headers) as response:
            assert (await response.json())["error"] == {"code": "invalid_request", "message": "store: Field required"}


# Turns.


async def test_a_voice_stops_the_assistant_at_once(pool: asyncpg.Pool) -> None:
    """After the turn has begun at most two of the 20 ms frames under way arrive, and then none."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=1)
        await caller.hear("user-started-speaking")
        before = len(caller.audio())
        await caller.hear("bot-stopped-speaking")
        # A second turn, to hear all that could still have been under way.
        await caller.speak(seconds=0.3, level=0)
        await caller.hear("user-stopped-speaking")

        assert len(caller.audio()) - before <= 2


@pytest.mark.parametrize("sound", ["Mhm.", ""])
async def test_a_listeners_sound_does_not_end_the_sentence(pool: asyncpg.Pool, sound: str) -> None:
    """All of the answer is heard, whatever was made of the sound, and the model is not asked again."""
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return "word " * 10

    def heard(audio: bytes) -> str:
        return "hello there" if loudness(audio) > SOUND_LEVEL else sound

    providers = Doubles(heard=heard, answer=answer, seconds_per_word=0.1)
    async with doors(pool, providers=providers, greeting="") as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=0.2, level=SOUND_LEVEL)
        await caller.speak(seconds=0.8, level=0)
        await caller.hear("bot-stopped-speaking")

        assert len(caller.audio()) == round(10 * 0.1 / CHUNK_S)
        assert asked == ["hello there"]
        assert len(caller.told("user-started-speaking")) == 1


async def test_audio_never_runs_ahead_of_what_is_heard(pool: asyncpg.Pool) -> None:
    """However fast speech is made: at any moment at most 40 ms and the frame being judged are not yet heard."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        clock = asyncio.get_running_loop().time
        # The answer begins later than this, so that a slow machine can only make it look less far ahead.
        began_s = clock()
        await caller.say()
        while len(caller.audio()) < 100:
            await caller.receive()
            assert len(caller.audio()) <= (clock() - began_s) / CHUNK_S + 3


async def test_an_unfinished_sentence_is_answered_after_a_while(pool: asyncpg.Pool) -> None:
    """When the turn model waits for more and no more comes."""
    providers = Doubles(end_of_turn=EndOfTurnState.INCOMPLETE)
    async with doors(pool, providers=providers) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-stopped-speaking")

        assert "You said hello there." in _said(caller)


async def test_a_cough_costs_no_model(pool: asyncpg.Pool) -> None:
    """A turn without words is not answered."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "Yes."

    async with doors(pool, providers=Doubles(heard=lambda _audio: "", answer=answer)) as world:
        async with world.call() as caller:
            await caller.say()
            await caller.hear("user-stopped-speaking")
        await world.empty()

    assert asked == []


async def test_typed_text_is_answered(pool: asyncpg.Pool) -> None:
    """RTVI's send-text."""
    async with doors(pool) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.tell("send-text", {"content": "are you open"})
        await caller.hear("bot-stopped-speaking")

        assert "You said are you open." in _said(caller)


async def test_two_sessions_do_not_mix(pool: asyncpg.Pool) -> None:
    """Each caller is heard by, and hears, their own assistant."""
    providers = Doubles(heard=lambda audio: f"level {loudness(audio)}")
    async with doors(pool, providers=providers) as world, world.call() as loud, world.call() as soft:
        await asyncio.gather(loud.say(level=9_000), soft.say(level=3_000))
        await asyncio.gather(loud.hear("bot-stopped-speaking"), soft.hear("bot-stopped-speaking"))

        assert "level 9000" in _said(loud)
        assert "level 3000" in _said(soft)
        assert "level 3000" not in json.dumps(loud.told("user-transcription"))


# Rules, each with its close code.


async def test_a_session_ends_at_its_time_limit(pool: asyncpg.Pool) -> None:
    """In the middle of a sentence, too."""
    providers = Doubles(answer=lambda _question: LONG)
    async with doors(pool, providers=providers, limits=Limits(max_session_s=0.5)) as world, world.call() as caller:
        await caller.say()

        assert await caller.closing() == CloseCode.TIME_LIMIT
        await world.empty()
        assert world.notebook.ended == [EndReason.TIME_LIMIT]


async def test_a_silent_session_ends(pool: asyncpg.Pool) -> None:
    """Nobody says anything."""
    async with doors(pool, limits=Limits(idle_s=0.3), greeting="Hi") as world, world.call() as caller:
        await caller.ready()

        assert await caller.closing() == CloseCode.IDLE


async def test_a_message_over_the_limit_closes(pool: asyncpg.Pool) -> None:
    """VOICE_WS_MAX_PAYLOAD_KB; a message of exactly that size is taken."""
    largest = wire.encode(wire.Audio(b"\0" * 8_000, RATE_HZ))
    limits = Limits(max_payload_bytes=len(largest))
    async with doors(pool, limits=limits) as world, world.call() as caller:
        await caller.ready()
        await caller.hear("bot-ready")
        await caller.socket.send_bytes(largest)
        await caller.tell("disconnect-me-not")
        await caller.hear("error-response")
        await caller.socket.send_bytes(largest + b"\0")

        assert await caller.closing() == CloseCode.TOO_LARGE
        await world.empty()
        assert world.notebook.ended == [EndReason.TOO_LARGE]


@pytest.mark.parametrize(
    ("break_rule", "code"),
    [
        (lambda caller: caller.socket.send_str("{}"), CloseCode.NOT_BINARY),
        (lambda caller: _thrice(caller.socket.send_bytes, b"\xff\xff\xff\xffgarbage"), CloseCode.NOT_UNDERSTOOD),
        (lambda caller: _thrice(caller.socket.send_bytes, b""), CloseCode.NOT_UNDERSTOOD),
        (lambda caller: caller.send(wire.Audio(b"\0" * 640, 48_000)), CloseCode.WRONG_AUDIO),
        (lambda caller: caller.send(wire.Audio(b"\0" * 640, 96_000)), CloseCode.WRONG_AUDIO),
        (lambda caller: caller.send(wire.Audio(b"\0" * 640, RATE_HZ, 2)), CloseCode.WRONG_AUDIO),
        (lambda caller: caller.send(wire.Audio(b"\0" * 640, RATE_HZ, 0)), CloseCode.WRONG_AUDIO),
        (lambda caller: caller.send(wire.Audio(b"\0" * 641, RATE_HZ)), CloseCode.WRONG_AUDIO),
    ],
)
async def test_broken_messages_close(pool: asyncpg.Pool, break_rule: Callable[[Caller], Any], code: CloseCode) -> None:
    """Each with the code that says what was wrong."""
    async with doors(pool) as world, world.call() as caller:
        await break_rule(caller)

        assert await caller.closing() == code


async def test_two_broken_messages_are_forgiven(pool: asyncpg.Pool) -> None:
    """A client with a hiccup stays."""
    async with doors(pool) as world, world.call() as caller:
        await caller.socket.send_bytes(b"\xff")
        await caller.socket.send_bytes(b"\xff")
        await caller.ready()
        await caller.hear("bot-ready")


async def test_a_flood_of_audio_closes(pool: asyncpg.Pool) -> None:
    """Faster than anybody speaks, beyond the burst that a slow network may cause."""
    async with doors(pool) as world, world.call() as caller:
        second = wire.Audio(tone(seconds=1, rate_hz=RATE_HZ, level=0), RATE_HZ)
        flood = asyncio.create_task(_pour(caller, second))

        assert await caller.closing() == CloseCode.TOO_MUCH
        await flood


async def test_a_burst_of_audio_is_heard(pool: asyncpg.Pool) -> None:
    """The JavaScript client sends at once what it recorded while connecting."""
    async with doors(pool) as world, world.call() as caller:
        await caller.speak(seconds=5)
        await caller.speak(seconds=0.4, level=0)
        await caller.hear("user-transcription")


async def test_a_flood_of_messages_closes(pool: asyncpg.Pool) -> None:
    """Each could cost a call of the model."""
    async with doors(pool) as world, world.call() as caller:
        for _ in range(30):
            await caller.tell("send-text", {"content": "hi", "options": {"run_immediately": False}})

        assert await caller.closing() == CloseCode.TOO_MUCH


@pytest.mark.parametrize(
    "message",
    [
        {"label": "rtvi-ai", "type": "llm-function-call-result", "id": "1", "data": {}},
        {"label": "rtvi-ai", "type": "raw-audio", "id": "1", "data": {"base64Audio": "AAAA"}},
        {"label": "rtvi-ai", "type": "send-file", "id": "1", "data": {"file": {"url": "http://10.0.0.1"}}},
        {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": {"content": "x" * 3_000}},
        {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": {"content": "\0"}},
        {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": {"content": "\ud800"}},
        {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": {"content": ["hi"]}},
        {"label": "rtvi-ai", "type": "send-text", "id": "1"},
        {"label": "rtvi-ai", "type": ["client-ready"], "id": "1"},
        {"label": "other", "type": "client-ready", "id": "1"},
        {"type": "client-ready", "id": {}},
        {},
    ],
)
async def test_messages_that_are_not_offered_are_answered_with_an_error(
    pool: asyncpg.Pool, message: dict[str, Any]
) -> None:
    """Nothing of them reaches the pipeline, and the answer tells nothing of what is inside."""
    async with doors(pool) as world, world.call() as caller:
        await caller.send(wire.Message(message))
        answer = await caller.hear("error-response")

        assert answer["data"] == {"error": "This message was not understood or is not allowed."}


async def test_errors_of_providers_keep_their_secrets(pool: asyncpg.Pool) -> None:
    """The client learns that something went wrong, and no more."""

    def answer(_question: str) -> str:
        raise RuntimeError("secret-key-123 refused by http://10.0.0.1")

    async with doors(pool, providers=Doubles(answer=answer)) as world, world.call() as caller:
        await caller.say()
        error = await caller.hear("error")

        assert error["data"]["error"] == "Something went wrong on our side."
        assert "secret" not in json.dumps([str(content) for content in caller.received])


async def test_a_provider_that_cannot_work_ends_the_session(pool: asyncpg.Pool) -> None:
    """A refused key will be refused again: better to hang up than to stay silent."""

    class Refused(Exception):
        status_code = 401

    def answer(_question: str) -> str:
        raise Refused

    async with doors(pool, providers=Doubles(answer=answer)) as world, world.call() as caller:
        await caller.say()

        assert await caller.closing() == CloseCode.FAILED
        await world.empty()
        assert world.notebook.ended == [EndReason.PROVIDER_FAILED]


async def test_the_line_can_run_at_8_khz(pool: asyncpg.Pool) -> None:
    """VOICE_AUDIO_SAMPLE_RATE_HZ is the rate of both directions, and the only one."""
    async with doors(pool, limits=Limits(sample_rate_hz=8_000)) as world, world.call() as caller:
        await caller.send(wire.Audio(b"\0" * 320, 8_000))
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.send(wire.Audio(b"\0" * 640, RATE_HZ))

        assert await caller.closing() == CloseCode.WRONG_AUDIO
        assert {(len(audio.pcm), audio.sample_rate_hz) for audio in caller.audio()} == {(320, 8_000)}


# Ends that nobody planned.


async def test_hanging_up_in_mid_sentence_leaves_nothing(pool: asyncpg.Pool) -> None:
    """The caller closes while the assistant speaks."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world:
        async with world.call() as caller:
            await caller.say()
            await caller.hear("bot-started-speaking")
        await world.empty()

        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_reset_connection_leaves_nothing(pool: asyncpg.Pool) -> None:
    """No goodbye, no FIN: the network is gone."""
    async with doors(pool, providers=Doubles(answer=lambda _question: LONG)) as world, world.call() as caller:
        await caller.say()
        await caller.hear("bot-started-speaking")
        transport = caller.socket.get_extra_info("socket")
        transport.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        response = caller.socket._response  # noqa: SLF001 - there is no public way to reset
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
        await world.empty()


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
        assert await _refusal(world, token=token) == (503, "shutting_down")


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
    monkeypatch.setattr(session, "HARD_STOP_S", 0.1)
    monkeypatch.setattr(session, "CANCELLED_WITHIN_S", 0.1)
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


def _said(caller: Caller) -> str:
    return " ".join(message["data"]["text"] for message in caller.told("bot-output"))


def _admission(world: World) -> Admission:
    principal = world.guard.principals[world.sign_in()]
    return Admission(Kind.USER, principal.id, principal.session_id, StoreId(world.leaf.store_id))


async def _thrice(send: Callable[[bytes], Any], data: bytes) -> None:
    for _ in range(3):
        await send(data)


async def _pour(caller: Caller, content: wire.Audio) -> None:
    try:
        for _ in range(60):
            await caller.send(content)
    except ConnectionError:
        return


async def _refusal(
    world: World, *, kind: Kind = Kind.USER, token: str | None = None, origin: str | None = None
) -> tuple[int, str]:
    """Try the door and return the status and the code of the plain HTTP answer."""
    url = world.host(kind) / f"{kind}/voice/ws"
    params = {} if token is None else {"token": token}
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({"Origin": origin} if origin else {}),
    }
    async with world.http.get(url, params=params, headers=headers) as response:
        error = (await response.json())["error"]
        return response.status, error["code"]


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
