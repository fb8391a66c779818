"""One model for all three stages, over the wire of its company, in a whole conversation."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import asyncpg
import pytest
from aiohttp import web
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.answering import StoreAnswering
from pipelines.conversations.journal import Journal
from pipelines.conversations.records import AnsweredBy, Conversation, Ending, Speaker, Turn
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome
from pipelines.pipeline import Answering
from pipelines.processors.recorder import ConversationRecorder
from pipelines.providers import cloud
from pipelines.providers.cloud import BuildSpeechToSpeech
from pipelines.providers.wishes import NOTHING, Offered, Wishes
from pipelines.tools.desk import Call
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds
from tests.companies import company
from tests.doubles import Doubles, EnergyVad, InstantTurn, PlainAnswering, loudness, tone
from tests.shop import ASSISTANT, THURSDAY_2_PM, Shelf
from tests.unit.test_taking_messages import Inbox
from tests.voice_world import Caller, World, doors, now

MODEL_HZ = 24_000
GREETING = "Welcome to Leaf"
WORD_FOR_WORD = "Say exactly these words to the caller, and nothing else: "


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


class OpenAI:
    """OpenAI's realtime server, as far as we use it (https://platform.openai.com/docs/api-reference/realtime)."""

    def __init__(self, *, seconds: float = 0.3, breaks: str = "", calls: tuple[str, str] | None = None) -> None:
        self.seconds = seconds
        self.breaks = breaks
        self.calls = calls
        self.found: list[str] = []
        self._busy = False
        self.session: dict[str, Any] = {}
        self.heard = bytearray()
        self.asked: list[str] = []
        self.noted: list[str] = []
        self._answers = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Talk."""
        assert request.headers["Authorization"] == "Bearer sk-key"
        assert request.query["model"] == "gpt-realtime-test"
        if self.breaks == "refuses":
            return web.Response(status=401)
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        await self._tell("session.created", session={})
        async for message in self._socket:
            await self._take(json.loads(message.data))
        return self._socket

    async def _take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self.session = event["session"]
                await self._tell("session.updated", session={})
            case "input_audio_buffer.append":
                self.heard += base64.b64decode(event["audio"])
            case "input_audio_buffer.clear":
                self.heard.clear()
                self.noted.append("clear")
            case "input_audio_buffer.commit":
                self.asked.append("speech")
                await self._tell(
                    "conversation.item.input_audio_transcription.completed",
                    item_id="caller",
                    content_index=0,
                    transcript="Are you open?",
                )
            case "conversation.item.create":
                if event["item"]["type"] == "function_call_output":
                    assert event["item"]["call_id"] == "call-1"
                    self.found.append(event["item"]["output"])
                    # Only now, so that whoever asks for the next answer too soon is refused.
                    self._busy = False
                    await self._tell("response.done", response={"id": "r", "status": "completed", "output": []})
                else:
                    (content,) = event["item"]["content"]
                    self.asked.append(content["text"])
            case "response.create" if self._busy:
                await self._tell("error", error={"type": "invalid_request_error", "message": "one at a time"})
            case "response.create":
                await self._answer((event.get("response") or {}).get("instructions", ""))
            case "conversation.item.truncate":
                self.noted.append(f"truncate {event['item_id']}")
                self.truncated_ms = event["audio_end_ms"]
            case other:
                self.noted.append(other)

    async def _answer(self, instructions: str) -> None:
        if self.breaks and not instructions:
            if self.breaks == "error":
                await self._tell("error", error={"type": "server_error", "message": "not now"})
            else:
                await self._socket.close()
            return
        if self.calls and not instructions:
            await self._call(*self.calls)
            return
        self._answers += 1
        about = {"response_id": "r", "item_id": f"item-{self._answers}", "output_index": 0, "content_index": 0}
        await self._tell("response.created", response={"id": "r"})
        item = {"id": about["item_id"], "type": "message", "role": "assistant", "content": []}
        await self._tell("conversation.item.added", item=item)
        text = instructions.removeprefix(WORD_FOR_WORD) or "Until six."
        await self._tell("response.output_audio_transcript.delta", **about, delta=text)
        chunk = base64.b64encode(tone(seconds=0.1, rate_hz=MODEL_HZ)).decode()
        for _ in range(round(self.seconds / 0.1)):
            await self._tell("response.output_audio.delta", **about, delta=chunk)
        await self._tell("response.done", response={"id": "r", "status": "completed", "output": []})

    async def _call(self, name: str, arguments: str) -> None:
        """Call a tool in place of an answer, once."""
        self.calls = None
        self._busy = True
        await self._tell("response.created", response={"id": "r"})
        item = {"id": "fc", "type": "function_call", "name": name, "call_id": "call-1", "arguments": ""}
        await self._tell("conversation.item.added", item=item)
        about = {"response_id": "r", "item_id": "fc", "output_index": 0, "call_id": "call-1"}
        await self._tell("response.function_call_arguments.done", **about, arguments=arguments)

    async def _tell(self, kind: str, **content: object) -> None:
        await self._socket.send_json({"type": kind, "event_id": "e", **content})


@asynccontextmanager
async def calling(
    pool: asyncpg.Pool,
    model: OpenAI,
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
        company(model.serve) as url,
    ):
        openai = url.replace("http", "ws")
        providers.models.append(
            cloud.openai_realtime(api_key="sk-key", model="gpt-realtime-test", voice="cedar", url=openai)
        )
        async with world.call() as caller:
            await caller.ready()
            yield world, caller
        await world.empty()


async def said(caller: Caller, text: str) -> None:
    """Wait until the assistant has said it."""
    while text not in "".join(message["data"]["text"] for message in caller.told("bot-output")):
        await caller.receive()
    await caller.hear("bot-stopped-speaking")


async def test_a_conversation_with_openai_realtime(pool: asyncpg.Pool) -> None:
    """Our instructions and voice go in, our turns decide, and both sides are heard, told and recorded."""
    model, pages = OpenAI(), Pages()
    async with calling(pool, model, pages) as (_, caller):
        await said(caller, GREETING)
        assert model.session["instructions"] == "Answer for Leaf."
        assert ("turn_detection", None) in model.session["audio"]["input"].items()
        assert model.session["audio"]["input"]["transcription"]["model"]
        assert model.session["audio"]["output"]["voice"] == "cedar"

        await caller.say()
        await said(caller, "Until six.")
        assert model.asked == ["speech"]
        # Its beginning came before our voice detector was sure.
        assert loudness(bytes(model.heard)) > 0
        assert "Are you open?" in json.dumps(caller.told("user-transcription"))
        assert max(loudness(audio.pcm) for audio in caller.audio()) > 0
        latency = (await _latency(caller))["latency_ms"]
        assert {"endpoint", "first_token", "first_audio", "on_wire"} <= latency.keys()

    assert [(turn.speaker, turn.text) for turn in pages.turns] == [
        (Speaker.ASSISTANT, GREETING),
        (Speaker.CALLER, "Are you open?"),
        (Speaker.ASSISTANT, "Until six."),
    ]
    assert pages.turns[-1].answered_by is AnsweredBy.MODEL


async def _latency(caller: Caller) -> dict[str, Any]:
    for message in caller.told("server-message"):
        if message["data"].get("type") == "turn-latency":
            told: dict[str, Any] = message["data"]
    return told


async def test_typed_words_reach_the_model_once(pool: asyncpg.Pool) -> None:
    """As an item of its conversation, which it answers in speech."""
    model = OpenAI()
    async with calling(pool, model) as (_, caller):
        await said(caller, GREETING)
        await caller.tell("send-text", {"content": "Do you sell basil?"})
        await said(caller, "Until six.")
        assert model.asked == ["Do you sell basil?"]


def a_store_s(call: Call) -> StoreAnswering:
    """The answers and tools of the store that tests talk about."""
    return StoreAnswering(ASSISTANT, Shelf(), now=THURSDAY_2_PM, inbox=Inbox(), call=call)


@pytest.mark.parametrize(
    ("called", "found", "spoken"),
    [
        (("opening_hours", '{"day": "Sunday"}'), "On Sunday we're open from 10 AM to 4 PM.", "Until six."),
        (("take_message", "{}"), "May I have your name", "May I have your name, please?"),
    ],
)
async def test_it_calls_tools(pool: asyncpg.Pool, called: tuple[str, str], found: str, spoken: str) -> None:
    """It is offered those of the assistant; what they find goes back to it, what they say is said word for word."""
    model, pages = OpenAI(calls=called), Pages()
    async with calling(pool, model, pages, answering=a_store_s) as (_, caller):
        await said(caller, GREETING)
        offered = {tool["name"] for tool in model.session["tools"]}
        assert offered == {"lookup_knowledge", "opening_hours", "take_message", "end_conversation"}
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
        await said(caller, "Until six.")
        assert loudness(bytes(model.heard)) > 0


@pytest.mark.parametrize("breaks", ["refuses", "error", "goes away"])
async def test_a_model_that_is_gone_ends_the_call(pool: asyncpg.Pool, breaks: str) -> None:
    """Nobody is left to apologise, so the caller is not kept waiting."""
    async with calling(pool, OpenAI(breaks=breaks)) as (_, caller):
        if breaks != "refuses":
            await said(caller, GREETING)
            await caller.say()
        assert await caller.closing() == 1011
