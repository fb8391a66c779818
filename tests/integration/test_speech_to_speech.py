"""One model for all three stages, over the wire of its company, in a whole conversation."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.answering import StoreAnswering
from pipelines.conversations.journal import Journal
from pipelines.conversations.records import AnsweredBy, Conversation, Ending, Speaker, Turn
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome
from pipelines.pipeline import Answering
from pipelines.processors.recorder import ConversationRecorder
from pipelines.providers.cloud import BuildSpeechToSpeech
from pipelines.providers.gemini_live import HEARD_ONLY
from pipelines.providers.wishes import NOTHING, Offered, Wishes
from pipelines.tools.desk import Call
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds
from tests.certificates import certificate
from tests.companies import company
from tests.doubles import Doubles, EnergyVad, InstantTurn, PlainAnswering, loudness
from tests.gemini_live import LATE, Gemini
from tests.openai_realtime import OpenAI
from tests.shop import ASSISTANT, THURSDAY_2_PM, Shelf
from tests.unit.test_taking_messages import Inbox
from tests.voice_world import Caller, World, doors, now
from tests.whole_models import ANSWER, QUESTION, Called, Company

GREETING = "Welcome to Leaf"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneModel:
    """Providers of which a company's model is all but the hearing."""

    models: list[BuildSpeechToSpeech] = field(default_factory=list)

    def model(self, instructions: str, tools: ToolsSchema | None) -> FrameProcessor:
        """Return a real service."""
        return self.models[0](instructions, tools)

    @property
    def offered(self) -> Offered:
        """Nothing to choose from."""
        return NOTHING

    def wished(self, _wishes: Wishes) -> "OneModel":
        """The same, whatever is wished for."""
        return self

    def prepared(self, text: str) -> bytes | None:  # noqa: ARG002 - there is no voice to prepare it
        """Nothing."""
        return None

    def vad(self, turn_taking: TurnTaking) -> Sounds:  # noqa: ARG002 - tests count on one
        """Return an EnergyVad."""
        return EnergyVad()

    def turn(self, turn_taking: TurnTaking) -> BaseTurnAnalyzer:  # noqa: ARG002 - it asks for no model
        """Return an InstantTurn."""
        return InstantTurn()


@dataclass(slots=True)
class Pages:
    """Where a journal is written; in memory."""

    turns: list[Turn] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)

    async def start(self, conversation: Conversation) -> None:
        """Nothing."""

    async def add(self, turn: Turn) -> None:
        """Keep it."""
        self.turns.append(turn)

    async def add_tool_call(self, call: ToolCall) -> None:
        """Keep it."""
        self.calls.append(call)

    async def end(self, ending: Ending) -> None:
        """Nothing."""


@pytest.fixture(params=[OpenAI, Gemini])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Company]:
    """Each company in its turn."""
    made: type[Company] = request.param
    if made is Gemini:
        server, trusted = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        monkeypatch.setattr(made, "tls", server)
    return made


only_gemini = pytest.mark.parametrize("make", [Gemini], indirect=True)


@asynccontextmanager
async def calling(
    pool: asyncpg.Pool,
    model: Company,
    pages: Pages | None = None,
    *,
    answering: Callable[[Call], Answering] = lambda _call: PlainAnswering(),
) -> AsyncIterator[tuple[World, Caller]]:
    """A caller of an assistant that is nothing but this model."""
    providers = OneModel()
    journal = pages or Pages()
    async with (
        doors(
            pool,
            providers=cast("Doubles", providers),
            recorder=lambda conversation: ConversationRecorder(conversation, Journal(journal), now=now),
            answering=answering,
        ) as world,
        company(model.serve, tls=model.tls) as url,
        model.opened(url) as build,
    ):
        providers.models.append(build)
        async with world.call() as caller:
            await caller.ready()
            yield world, caller
        await world.empty()


async def said(caller: Caller, text: str) -> None:
    """Wait until the assistant has said it."""
    while text not in "".join(message["data"]["text"] for message in caller.told("bot-output")):
        await caller.receive()
    await caller.hear("bot-stopped-speaking")


async def test_a_conversation(pool: asyncpg.Pool, make: type[Company]) -> None:
    """Our instructions and voice go in, our turns decide, and both sides are heard, told and recorded."""
    model, pages = make(), Pages()
    async with calling(pool, model, pages) as (_, caller):
        await said(caller, GREETING)
        assert model.instructions == "Answer for Leaf."
        assert model.voice in {"cedar", "Kore"}

        await caller.say()
        await said(caller, ANSWER)
        assert model.asked == ["speech"]
        # Its beginning came before our voice detector was sure.
        assert loudness(bytes(model.heard)) > 0
        assert QUESTION in json.dumps(caller.told("user-transcription"))
        assert max(loudness(audio.pcm) for audio in caller.audio()) > 0
        latency = (await _latency(caller))["latency_ms"]
        assert {"endpoint", "first_token", "first_audio", "on_wire"} <= latency.keys()

    assert [(turn.speaker, turn.text) for turn in pages.turns] == [
        (Speaker.ASSISTANT, GREETING),
        (Speaker.CALLER, QUESTION),
        (Speaker.ASSISTANT, ANSWER),
    ]
    assert pages.turns[-1].answered_by is AnsweredBy.MODEL


async def _latency(caller: Caller) -> dict[str, Any]:
    for message in caller.told("server-message"):
        if message["data"].get("type") == "turn-latency":
            told: dict[str, Any] = message["data"]
    return told


async def test_typed_words_reach_the_model_once(pool: asyncpg.Pool, make: type[Company]) -> None:
    """As an item of its conversation, which it answers in speech."""
    model = make()
    async with calling(pool, model) as (_, caller):
        await said(caller, GREETING)
        await caller.tell("send-text", {"content": "Do you sell basil?"})
        await said(caller, ANSWER)
        assert model.asked == ["Do you sell basil?"]


def a_store_s(call: Call) -> StoreAnswering:
    """The answers and tools of the store that tests talk about."""
    return StoreAnswering(ASSISTANT, Shelf(), now=THURSDAY_2_PM, inbox=Inbox(), call=call)


@pytest.mark.parametrize(
    ("called", "found", "spoken"),
    [
        (("opening_hours", '{"day": "Sunday"}'), "On Sunday we're open from 10 AM to 4 PM.", ANSWER),
        (("take_message", "{}"), "May I have your name", "May I have your name, please?"),
    ],
)
async def test_it_calls_tools(pool: asyncpg.Pool, make: type[Company], called: Called, found: str, spoken: str) -> None:
    """It is offered those of the assistant; what they find goes back to it, what they say is said word for word."""
    model, pages = make(calls=called), Pages()
    async with calling(pool, model, pages, answering=a_store_s) as (_, caller):
        await said(caller, GREETING)
        assert model.offered == {"lookup_knowledge", "opening_hours", "take_message", "end_conversation"}
        await caller.say()
        await said(caller, spoken)
        assert found in model.found[0]
    assert [(call.name, call.outcome) for call in pages.calls] == [(called[0], ToolOutcome.OK)]


async def test_a_caller_who_barges_in_is_heard_from_their_first_word(pool: asyncpg.Pool) -> None:
    """The model is told to stop, and how much of its answer was heard; the caller's voice before that is sent again."""
    model = OpenAI(seconds=20)
    async with calling(pool, model) as (world, caller):
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=1.0)
        await world.until(lambda: "response.cancel" in model.noted)
        await world.until(lambda: "truncate item-1" in model.noted)
        assert 0 < model.truncated_ms < 10_000
        model.seconds = 0.3
        await caller.speak(seconds=0.6, level=0)
        await said(caller, ANSWER)
        assert loudness(bytes(model.heard)) > 0


@only_gemini
async def test_a_model_that_cannot_take_back_its_words_is_told_what_was_heard(
    pool: asyncpg.Pool, make: type[Company]
) -> None:
    """Before it hears who has barged in, from their first word; what it still sends of the broken answer is lost."""
    model, pages = make(seconds=20), Pages()
    assert isinstance(model, Gemini)
    async with calling(pool, model, pages) as (world, caller):
        await caller.hear("bot-started-speaking")
        await caller.speak(seconds=1.0)
        await world.until(lambda: "activityStart" in model.events)
        model.seconds = 0.3
        await caller.speak(seconds=0.6, level=0)
        await said(caller, ANSWER)
        told, *turn = model.events
        assert told == HEARD_ONLY.format("Welcome")
        assert turn == ["activityStart", "activityEnd"]
        assert loudness(bytes(model.heard)) > 0
        assert LATE not in caller.said()
    assert [turn.text for turn in pages.turns[1:]] == [QUESTION, ANSWER]


@only_gemini
async def test_a_conversation_outlives_its_connection(pool: asyncpg.Pool, make: type[Company]) -> None:
    """Google ends each after ten minutes; the next one goes on with what it has said."""
    model = make(breaks="for a while")
    assert isinstance(model, Gemini)
    async with calling(pool, model) as (world, caller):
        await said(caller, GREETING)
        await world.until(lambda: model.connections == 2)
        await caller.say()
        await said(caller, ANSWER)


@pytest.mark.parametrize(
    ("make", "breaks"),
    [(OpenAI, "refuses"), (OpenAI, "error"), (OpenAI, "goes away"), (Gemini, "refuses"), (Gemini, "goes away")],
    indirect=["make"],
)
async def test_a_model_that_is_gone_ends_the_call(pool: asyncpg.Pool, make: type[Company], breaks: str) -> None:
    """Nobody is left to apologise, so the caller is not kept waiting."""
    async with calling(pool, make(breaks=breaks)) as (_, caller):
        if breaks != "refuses":
            await said(caller, GREETING)
            await caller.say()
        assert await caller.closing() == 1011
