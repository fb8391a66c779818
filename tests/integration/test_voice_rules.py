"""What a caller may send and use, each rule with its close code."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from pipelines.limits import CloseCode, EndReason, Limits
from pipelines.transports import wire
from tests.doubles import Doubles, tone
from tests.voice_world import RATE_HZ, Caller, doors

LONG = "word " * 200


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
    """VOICE_AUDIO_SAMPLE_RATE_HZ is the rate of both directions, and the only one where others are refused."""
    limits = Limits(sample_rate_hz=8_000, resample_other_rates=False)
    async with doors(pool, limits=limits) as world, world.call() as caller:
        await caller.send(wire.Audio(b"\0" * 320, 8_000))
        await caller.ready()
        await caller.hear("bot-stopped-speaking")
        await caller.send(wire.Audio(b"\0" * 640, RATE_HZ))

        assert await caller.closing() == CloseCode.WRONG_AUDIO
        assert {(len(audio.pcm), audio.sample_rate_hz) for audio in caller.audio()} == {(640, 8_000)}


async def _thrice(send: Callable[[bytes], Any], data: bytes) -> None:
    for _ in range(3):
        await send(data)


async def _pour(caller: Caller, content: wire.Audio) -> None:
    try:
        for _ in range(60):
            await caller.send(content)
    except ConnectionError:
        return
