"""A caller made of recordings talks through the real door; providers are doubles, everything else is real."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import asyncpg

from auth.principals import Kind
from pipelines.caller.client import VoiceClient
from pipelines.caller.line import FRAME_S, Exchange, Line
from pipelines.conversations.journal import Journal
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import AnsweredBy, Conversation, Conversations, Speaker, Turn
from pipelines.processors.recorder import ConversationRecorder
from tests.doubles import Doubles, tone
from tests.voice_world import RATE_HZ, Caller, World, doors, now

QUESTION = tone(seconds=0.6, rate_hz=RATE_HZ) + bytes(RATE_HZ)
FIRST_SENTENCE = "It is four euros."
ANSWER = f"{FIRST_SENTENCE} Anything else?"
LONG_ANSWER = f"{FIRST_SENTENCE} {'word ' * 200}"


@dataclass(frozen=True, slots=True)
class Place:
    """Leaf's door, and a user who walks through it."""

    world: World
    bearer: str
    conversations: Conversations

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """Call, for the length of the block."""
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.bearer}"}) as http,
            VoiceClient(http, self.world.user).line(store="leaf", rate_hz=RATE_HZ) as line,
        ):
            yield line

    async def stored(self) -> tuple[Conversation, list[Turn]]:
        """The only conversation there is, when it is over."""
        await self.world.empty()
        caller = self.world.guard.principals[self.bearer]
        (conversation,) = (await self.conversations.page(caller, limit=2)).conversations
        _, turns, _ = await self.conversations.show(caller, conversation.id)
        return conversation, list(turns)


@asynccontextmanager
async def place(pool: asyncpg.Pool, *, answer: str = ANSWER) -> AsyncIterator[Place]:
    """Open the doors, with a recorder that writes to the database."""
    queries = ConversationQueries(pool)
    providers = Doubles(heard=lambda _audio: "How much is it?", answer=lambda _question: answer)

    def recorder(conversation: Conversation) -> ConversationRecorder:
        return ConversationRecorder(conversation, Journal(queries), now=now)

    async with doors(pool, providers=providers, recorder=recorder, greeting="Welcome to Leaf.") as world:
        assistant = await world.leaf.of_store(world.leaf.store_id)
        assert assistant is not None
        await pool.execute(
            "INSERT INTO assistants (id, store_id, slug, is_default, draft) VALUES ($1, $2, 'assistant', true, '{}')",
            assistant.id,
            assistant.store_id,
        )
        user_id = await pool.fetchval(
            "INSERT INTO users (email, name, password_hash) VALUES ('u@s.er', 'Ann', '-') RETURNING id"
        )
        yield Place(world, world.guard.sign_in(Kind.USER, user_id), Conversations(queries))


async def test_what_is_stored_is_what_was_said(pool: asyncpg.Pool) -> None:
    """The greeting, each question and each answer, and what the client measured fits what the server did."""
    async with place(pool) as leaf:
        async with leaf.line() as line:
            greeting = await line.greeting()
            exchanges = [await line.say(QUESTION), await line.say(QUESTION)]
        conversation, turns = await leaf.stored()

    assert (conversation.end_reason, conversation.channel) == ("caller_left", "websocket")
    assert [turn.speaker for turn in turns] == [Speaker.ASSISTANT, *[Speaker.CALLER, Speaker.ASSISTANT] * 2]
    assert (turns[0].text, turns[0].latency) == (greeting.said, None)
    assert greeting.said == "Welcome to Leaf."
    for exchange, question, answer in zip(exchanges, turns[1::2], turns[2::2], strict=True):
        _fits(exchange, question, answer)
        assert exchange.conversation_id == str(conversation.id)


async def test_talking_over_the_answer(pool: asyncpg.Pool) -> None:
    """The answer that was cut off keeps what was heard of it; the client waits for the one that is finished."""
    question = tone(seconds=0.6, rate_hz=RATE_HZ)
    # Voice activity is over 0.2 s after the question, so the first sentence has begun and the second has not.
    listening = bytes(2 * round(0.5 * RATE_HZ))
    async with place(pool) as leaf:
        async with leaf.line() as line:
            await line.greeting()
            exchange = await line.say(question + listening + QUESTION)
        _, turns = await leaf.stored()

    _, first_question, cut_off, second_question, answer = turns
    assert (cut_off.speaker, cut_off.interrupted) == (Speaker.ASSISTANT, True)
    assert ANSWER.startswith(cut_off.text)
    assert cut_off.text != ANSWER
    assert cut_off.latency is not None
    assert exchange.heard == f"{first_question.text} {second_question.text}"
    _fits(exchange, second_question, answer)


async def test_of_a_sentence_that_is_cut_off_the_words_that_were_heard_are_kept(pool: asyncpg.Pool) -> None:
    """As many as fit into what was sent."""
    async with place(pool, answer="word " * 200) as leaf:
        async with leaf.world.call(leaf.bearer) as caller:
            await caller.ready()
            await caller.hear("bot-stopped-speaking")
            await caller.say()
            before_s = caller.heard_s()
            while caller.heard_s() < before_s + 1:
                await caller.receive()
            await caller.say()
            await caller.hear("bot-stopped-speaking")
            sent_s = caller.heard_s() - before_s
        _, turns = await leaf.stored()

    assert [turn.speaker for turn in turns[1:4]] == [Speaker.CALLER, Speaker.ASSISTANT, Speaker.CALLER]
    word_s = Doubles().seconds_per_word
    assert 0.8 <= len(turns[2].text.split()) * word_s <= sent_s + word_s


async def test_hanging_up_in_mid_sentence(pool: asyncpg.Pool) -> None:
    """The record ends with what was heard until then, marked as cut off."""
    async with place(pool, answer=LONG_ANSWER) as leaf:
        async with leaf.world.call(leaf.bearer) as caller:
            await caller.ready()
            await caller.hear("bot-stopped-speaking")
            await caller.say()
            while FIRST_SENTENCE not in _heard(caller):
                await caller.receive()
        conversation, turns = await leaf.stored()

    assert conversation.end_reason == "caller_left"
    greeting, question, answer = turns
    assert [turn.text for turn in (greeting, question)] == ["Welcome to Leaf.", "How much is it?"]
    assert answer.interrupted
    assert answer.text.startswith(FIRST_SENTENCE)
    assert LONG_ANSWER.startswith(answer.text)
    assert answer.text != LONG_ANSWER


def _heard(caller: Caller) -> list[str]:
    said = [message["data"] for message in caller.told("bot-output")]
    return [data["text"] for data in said if data["spoken_status"] == "completed"]


def _fits(exchange: Exchange, question: Turn, answer: Turn) -> None:
    assert question.text == "How much is it?"
    assert answer.text == ANSWER
    assert exchange.heard.endswith(question.text)
    assert exchange.said.endswith(answer.text)
    assert (answer.answered_by, answer.interrupted) == (AnsweredBy.MODEL, False)
    assert answer.latency is not None
    stages_ms = answer.latency.by_stage()
    assert exchange.stages_ms == stages_ms
    on_wire_ms = stages_ms["on_wire"]
    assert on_wire_ms is not None
    assert exchange.voice_to_voice_ms is not None
    # The same stretch of time, measured at either end of the line: what is sent is heard afterwards, on a slow machine
    # long afterwards. Both hold the 200 ms of silence after which speech counts as ended.
    assert 200 <= on_wire_ms <= exchange.voice_to_voice_ms + FRAME_S * 1000
    assert answer.started_at <= answer.ended_at


async def test_what_is_typed_is_on_record(pool: asyncpg.Pool) -> None:
    """In its place: after what it interrupted, before what answers it."""
    async with place(pool, answer=LONG_ANSWER) as leaf:
        async with leaf.world.call(leaf.bearer) as caller:
            await caller.ready()
            await caller.hear("bot-stopped-speaking")
            await caller.tell("send-text", {"content": "How much is it?"})
            while FIRST_SENTENCE not in _heard(caller):
                await caller.receive()
            await caller.tell("send-text", {"content": "And that one?"})
            await caller.hear("bot-started-speaking")
        _, turns = await leaf.stored()
    assert [turn.speaker for turn in turns[:4]] == [Speaker.ASSISTANT, Speaker.CALLER] * 2
    assert (turns[1].text, turns[2].interrupted, turns[3].text) == ("How much is it?", True, "And that one?")
