"""A caller made of recordings talks through the real door; providers are doubles, everything else is real."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from auth.http import PRINCIPAL, behind
from auth.principals import Kind, Principal, SessionId, StoreId
from pipelines.assistants import Assistant, AssistantId
from pipelines.client import VoiceClient, open_http
from pipelines.conversation_queries import ConversationQueries
from pipelines.conversations import AnsweredBy, Conversation, ConversationId, Conversations, Speaker, Turn
from pipelines.doors import VoiceDoors
from pipelines.hours import OpeningHours
from pipelines.journal import Journal
from pipelines.limits import Limits
from pipelines.line import Exchange, Line
from pipelines.processors.recorder import ConversationRecorder
from pipelines.registry import Registry
from pipelines.session import VoiceSessions
from pipelines.ticket_queries import TicketQueries
from pipelines.tickets import Tickets
from server.middleware import answer_errors
from tests.doubles import Doubles, PlainAnswering, tone

RATE_HZ = 16_000
QUESTION = tone(seconds=0.6, rate_hz=RATE_HZ) + bytes(RATE_HZ)


@dataclass(frozen=True, slots=True)
class OneStore:
    """A store whose assistant answers everybody."""

    assistant: Assistant

    async def of_slug(self, _slug: str) -> Assistant | None:
        """Find it by any name."""
        return self.assistant

    async def of_store(self, _store_id: StoreId) -> Assistant | None:
        """Find it by any id."""
        return self.assistant


@dataclass(frozen=True, slots=True)
class Place:
    """Where the door is, and who walks through it."""

    url: URL
    caller: Principal
    queries: ConversationQueries
    registry: Registry

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """Call, for the length of the block; then wait until the session is over."""
        async with open_http() as http:
            client = VoiceClient(http, self.url)
            async with client.line(store="leaf", rate_hz=RATE_HZ) as line:
                yield line
        async with asyncio.timeout(10):
            while len(self.registry):  # noqa: ASYNC110 - a registry has no event to wait for
                await asyncio.sleep(0.01)

    async def stored(self) -> tuple[Conversation, list[Turn]]:
        """The only conversation there is."""
        conversations = Conversations(self.queries)
        page = await conversations.page(self.caller, limit=2)
        (conversation,) = page.conversations
        _, turns = await conversations.show(self.caller, ConversationId(conversation.id))
        return conversation, list(turns)


@pytest.fixture
def providers() -> Doubles:
    """Who hears and answers."""
    return Doubles(heard=lambda _audio: "How much is it?", answer=lambda _question: "It is four euros. Anything else?")


@pytest.fixture
async def place(pool: asyncpg.Pool, providers: Doubles) -> AsyncIterator[Place]:
    """The user host's door, with a recorder that writes to the database."""
    store_id, assistant_id, user_id = await _settle(pool)
    assistant = Assistant(
        id=AssistantId(assistant_id),
        store_id=StoreId(store_id),
        store_name="Leaf",
        name="Ivy",
        greeting="Welcome to Leaf.",
        instructions="",
        time_zone=ZoneInfo("UTC"),
        hours=OpeningHours((None,) * 7),
    )
    caller = Principal(Kind.USER, user_id, SessionId(UUID(int=1)), datetime.now(UTC) + timedelta(hours=1))
    queries, registry = ConversationQueries(pool), Registry(capacity=2)

    @web.middleware
    async def anybody(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[PRINCIPAL] = caller
        return await handler(request)

    async def is_live(_session_id: SessionId) -> bool:
        return True

    door = VoiceDoors(
        Kind.USER,
        require=anybody,
        is_live=is_live,
        origins=(),
        assistants=OneStore(assistant),
        tickets=Tickets(TicketQueries(pool), now=_now),
        registry=registry,
        sessions=VoiceSessions(
            providers=providers,
            answering=lambda _assistant: PlainAnswering(),
            recorder=lambda conversation: ConversationRecorder(conversation, Journal(queries), now=_now),
            limits=Limits(),
            now=_now,
        ),
    )
    app = web.Application(middlewares=[answer_errors])
    app.router.add_post("/user/voice/start", behind(anybody, door.start))
    app.router.add_get("/user/voice/ws", door.connect)
    # Not aiohttp's TestServer, which cancels handlers when a client leaves; a real server does not.
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Place(URL(f"http://127.0.0.1:{runner.addresses[0][1]}"), caller, queries, registry)
    await runner.cleanup()


async def test_what_is_stored_is_what_was_said(place: Place) -> None:
    """The greeting, each question and each answer, and what the client measured fits what the server did."""
    async with place.line() as line:
        greeting = await line.greeting()
        exchanges = [await line.say(QUESTION), await line.say(QUESTION)]

    conversation, turns = await place.stored()
    assert (conversation.end_reason, conversation.channel) == ("caller_left", "websocket")
    assert [turn.speaker for turn in turns] == [Speaker.ASSISTANT, *[Speaker.CALLER, Speaker.ASSISTANT] * 2]
    assert (turns[0].text, turns[0].latency) == (greeting.said, None)
    assert greeting.said == "Welcome to Leaf."
    for exchange, question, answer in zip(exchanges, turns[1::2], turns[2::2], strict=True):
        _fits(exchange, question, answer)
        assert exchange.conversation_id == str(conversation.id)


async def test_talking_over_the_answer(place: Place) -> None:
    """The answer that was cut off keeps what was heard of it; the client waits for the one that is finished."""
    question = tone(seconds=0.6, rate_hz=RATE_HZ)
    # Voice activity is over 0.2 s after the question, so the first sentence has begun and the second has not.
    listening = bytes(2 * round(0.5 * RATE_HZ))
    async with place.line() as line:
        await line.greeting()
        exchange = await line.say(question + listening + QUESTION)

    _, turns = await place.stored()
    _, first_question, cut_off, second_question, answer = turns
    assert (cut_off.speaker, cut_off.interrupted) == (Speaker.ASSISTANT, True)
    assert cut_off.text == "It is four euros."
    assert cut_off.latency is not None
    assert exchange.heard == f"{first_question.text} {second_question.text}"
    _fits(exchange, second_question, answer)


async def test_hanging_up_in_mid_sentence(place: Place) -> None:
    """The record ends with the words that were heard until then, marked as cut off."""
    async with place.line() as line:
        await line.greeting()
        asking = asyncio.create_task(line.say(QUESTION))
        # The answer has begun by then, and its second sentence has not.
        await asyncio.sleep(1.3)
        asking.cancel()

    conversation, turns = await place.stored()
    assert conversation.end_reason == "caller_left"
    assert [turn.text for turn in turns[:2]] == ["Welcome to Leaf.", "How much is it?"]
    assert "Anything else?" not in " ".join(turn.text for turn in turns)
    assert all(turn.interrupted for turn in turns[2:])


def _fits(exchange: Exchange, question: Turn, answer: Turn) -> None:
    assert question.text == "How much is it?"
    assert answer.text == "It is four euros. Anything else?"
    assert exchange.heard.endswith(question.text)
    assert exchange.said.endswith(answer.text)
    assert (answer.answered_by, answer.interrupted) == (AnsweredBy.MODEL, False)
    assert answer.latency is not None
    stages_ms = answer.latency.by_stage()
    assert exchange.stages_ms == stages_ms
    on_wire_ms = stages_ms["on_wire"]
    assert on_wire_ms is not None
    assert exchange.voice_to_voice_ms is not None
    # The same stretch of time, measured at either end of the line.
    assert abs(exchange.voice_to_voice_ms - on_wire_ms) < 100
    assert answer.started_at <= answer.ended_at


async def _settle(pool: asyncpg.Pool) -> tuple[UUID, UUID, UUID]:
    store_id = await pool.fetchval(
        "INSERT INTO stores (email, name, slug, password_hash) VALUES ('l@e.af', 'Leaf', 'leaf', '-') RETURNING id"
    )
    assistant_id = await pool.fetchval(
        "INSERT INTO assistants (store_id, name, greeting, instructions, time_zone) "
        "VALUES ($1, 'Ivy', 'Welcome.', '', 'UTC') RETURNING id",
        store_id,
    )
    user_id = await pool.fetchval(
        "INSERT INTO users (email, name, password_hash) VALUES ('u@s.er', 'Ann', '-') RETURNING id"
    )
    return store_id, assistant_id, user_id


def _now() -> datetime:
    return datetime.now(UTC)
