"""A company's model calls tools in a whole conversation: real services and sockets, and a double of its API."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from aiohttp import web
from openai import DefaultAsyncHttpxClient
from pipecat.processors.frame_processor import FrameProcessor

from pipelines import outgoing
from pipelines.answering import StoreAnswering
from pipelines.assistants.records import Tool
from pipelines.conversations.journal import Journal
from pipelines.conversations.records import Basis, Conversation, Ending, Turn
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome
from pipelines.events.signing import Signer
from pipelines.processors.filling import APOLOGY
from pipelines.processors.recorder import ConversationRecorder
from pipelines.processors.tool_results import GIVES_UP
from pipelines.providers import cloud
from pipelines.providers.failover import THINKING, Circuit, Failover
from pipelines.tools.desk import Call
from pipelines.tools.toolbox import FAILED
from pipelines.tools.webhooks import Webhooks
from tests.companies import company, streamed
from tests.doubles import Doubles
from tests.shop import ASSISTANT, CHECK_ORDER, THURSDAY_2_PM, Shelf
from tests.unit.test_taking_messages import Inbox
from tests.voice_world import Caller, doors

WANTED = '{"order_number": "4512"}'
ON_ITS_WAY = "It is on its way."
# Words, a call, or the status of an error.
Reply = str | tuple[str, str] | int


def called(*calls: tuple[str, str]) -> list[str]:
    """Calls of functions, as OpenAI's answer travels: the name first, the arguments in pieces."""
    deltas: list[dict[str, Any]] = []
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        deltas.append({"index": index, "id": f"call_{index}", "type": "function", "function": function})
        middle = len(arguments) // 2
        deltas += [
            {"index": index, "function": {"arguments": piece}} for piece in (arguments[:middle], arguments[middle:])
        ]
    return [event({"tool_calls": [delta]}) for delta in deltas]


def event(delta: dict[str, Any]) -> str:
    """Some of an answer."""
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "gpt-test"}
    return f"data: {json.dumps({**chunk, 'choices': [{'index': 0, 'delta': delta}]})}"


@dataclass
class Model:
    """Answers with words or a call, one after the other, and keeps what it was asked."""

    replies: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Answer once."""
        self.asked.append(await request.json())
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, int):
            return web.json_response({"error": {"message": "not now"}}, status=reply)
        events = [event({"content": reply})] if isinstance(reply, str) else called(reply)
        return await streamed(request, *events, "data: [DONE]")

    def offered(self) -> set[str]:
        """The names of the tools that it was told of."""
        return {tool["function"]["name"] for tool in self.asked[0].get("tools", [])}

    def results(self) -> list[str]:
        """What came of its calls, as it was told last."""
        return [message["content"] for message in self.asked[-1]["messages"] if message["role"] == "tool"]


@dataclass
class Pages:
    """Where the conversation is written; in memory."""

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


@dataclass
class Orders:
    """The store's endpoint."""

    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Say where an order is."""
        self.asked.append((await request.json())["data"]["arguments"])
        return web.json_response({"say": ON_ITS_WAY, "internal": "margin 40"}, status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking(Doubles):
    """Doubles, but for the model, which a second one could stand in for."""

    services: list[cloud.Build] = field(default_factory=list)

    def llm(self) -> FrameProcessor:
        """Return real services."""
        circuits = (Circuit("first"), Circuit("second"))
        return Failover([(build(), circuit) for build, circuit in zip(self.services, circuits, strict=True)], THINKING)


@dataclass(frozen=True, slots=True)
class Line:
    """A call to the assistant, and all that it touches."""

    caller: Caller
    model: Model
    orders: Orders
    inbox: Inbox
    pages: Pages

    async def says(self, *expected: str) -> None:
        """Say something; exactly this is answered."""
        before = len(self._spoken())
        await self.caller.say()
        while len(self._spoken()) < before + len(expected):
            await self.caller.hear("bot-output")
        assert self._spoken()[before:] == list(expected)

    def _spoken(self) -> list[str]:
        spoken = [message["data"] for message in self.caller.told("bot-output")]
        return [one["text"] for one in spoken if one["spoken_status"] == "completed"]


@asynccontextmanager
async def calling(
    pool: asyncpg.Pool,
    *replies: Reply,
    heard: Sequence[str] = ("Where is my order? It is 4512.",),
    orders: Orders | None = None,
    tools: frozenset[Tool] = frozenset(Tool),
) -> AsyncIterator[Line]:
    """A caller who says these things, to an assistant whose model replies so."""
    words, model, inbox, pages = list(heard), Model(list(replies)), Inbox(), Pages()
    endpoint = orders or Orders()
    providers = Thinking(heard=lambda _audio: words.pop(0) if len(words) > 1 else words[0], seconds_per_word=0.02)

    def recorder(conversation: Conversation) -> ConversationRecorder:
        return ConversationRecorder(conversation, Journal(pages), now=lambda: datetime.now(UTC))

    def answering(call: Call) -> StoreAnswering:
        return StoreAnswering(assistant, Shelf(), now=THURSDAY_2_PM, inbox=inbox, call=call, webhooks=webhooks)

    # The door checks that nothing is left, so everybody else's servers stand within, and end before it.
    async with (
        doors(pool, providers=providers, recorder=recorder, greeting="", answering=answering) as world,
        company(endpoint.answer) as shop,
        outgoing.opened(loopback=True) as posts,
        company(model.chat) as url,
        DefaultAsyncHttpxClient() as http,
    ):
        own = (replace(CHECK_ORDER, url=f"{shop}/orders", timeout_s=1.0),)
        assistant = replace(ASSISTANT, own_tools=own, tools=tools)
        webhooks = Webhooks(posts, Signer(b"k" * 32), now=lambda: datetime.now(UTC))
        providers.services.extend(
            cloud.openai_llm(api_key="sk-key", http=http, model=name, base_url=url) for name in ("one", "two")
        )
        async with world.call() as caller:
            await caller.ready()
            yield Line(caller, model, endpoint, inbox, pages)
        await world.empty()


async def test_a_store_s_tool_is_asked_and_its_answer_spoken(pool: asyncpg.Pool) -> None:
    """Word for word, and the model not asked again; client and record are told as much as each should know."""
    async with calling(pool, ("check_order", WANTED)) as line:
        await line.says(ON_ITS_WAY)
        await line.caller.hear("bot-stopped-speaking")
    assert line.orders.asked == [{"order_number": "4512"}]
    assert len(line.model.asked) == 1
    assert line.model.offered() == {
        *("lookup_knowledge", "opening_hours", "take_message", "end_conversation", "check_order")
    }
    (call,) = line.pages.calls
    assert (call.name, call.arguments, call.answer, call.outcome) == (
        *("check_order", {"order_number": "4512"}, ON_ITS_WAY),
        ToolOutcome.OK,
    )
    answer = line.pages.turns[-1]
    assert (answer.text, answer.grounds and answer.grounds.basis) == (ON_ITS_WAY, Basis.TOOL)
    assert answer.latency
    assert answer.latency.on_wire_ms is not None
    told = [line.caller.told(f"llm-function-call-{phase}") for phase in ("started", "in-progress", "stopped")]
    assert [[message["data"].get("function_name") for message in phase] for phase in told] == [["check_order"]] * 3
    assert not any("4512" in json.dumps(phase) or ON_ITS_WAY in json.dumps(phase) for phase in told)


async def test_what_a_tool_finds_goes_back_to_the_model(pool: asyncpg.Pool) -> None:
    """Its figures then have a ground, and others still have none."""
    found = "The monstera is $38. It's about two feet tall."
    replies = (("lookup_knowledge", '{"question": "How much is the monstera?"}'), "It is $38. The fern is $9.")
    async with calling(pool, *replies, heard=("Something green for a dark room?",)) as line:
        await line.says("It is $38.", "I'm not sure about that, so please check with us in the shop.")
        assert found in line.model.results()[0]
    assert [(call.name, call.answer) for call in line.pages.calls] == [("lookup_knowledge", found)]
    assert [source.title for source in (line.pages.turns[-1].grounds or Basis.FACTS).sources] == ["monstera"]  # type: ignore[union-attr]


async def test_a_model_that_fails_at_what_a_tool_found_is_followed_by_the_next(pool: asyncpg.Pool) -> None:
    """It is asked the same, result and all."""
    replies = (("lookup_knowledge", '{"question": "How much is the monstera?"}'), 500, "It is $38.")
    async with calling(pool, *replies, heard=("Something green for a dark room?",)) as line:
        await line.says("It is $38.")
        assert [asked["model"] for asked in line.model.asked] == ["one", "one", "two"]
        assert "The monstera is $38." in line.model.results()[0]


async def test_opening_hours_are_computed(pool: asyncpg.Pool) -> None:
    """For now, for the week, and for the day that was asked about."""
    replies = (("opening_hours", '{"day": "Sunday"}'), "You can come until 4 PM.")
    async with calling(pool, *replies, heard=("My aunt wonders when she might come.",)) as line:
        await line.says("You can come until 4 PM.")
        assert "On Sunday we're open from 10 AM to 4 PM." in line.model.results()[0]


async def test_a_message_is_taken_by_the_dialogue(pool: asyncpg.Pool) -> None:
    """The model begins it; every digit is code's affair."""
    said = ("My aunt wants something from you.", "Ann Miller", "555 0134", "The roses have died.", "Yes.")
    async with calling(pool, ("take_message", "{}"), heard=said) as line:
        await line.says("I'd be glad to take a message.", "May I have your name, please?")
        for _ in said[1:]:
            await line.caller.say()
            await line.caller.hear("bot-stopped-speaking")
    assert line.inbox.told() == [("Ann Miller", "5550134", "The roses have died.", True)]
    assert len(line.model.asked) == 1


async def test_the_model_may_say_goodbye(pool: asyncpg.Pool) -> None:
    """The line ends once the words were heard."""
    async with calling(pool, ("end_conversation", "{}"), heard=("My aunt is at the door.",)) as line:
        await line.says("Thank you for calling Marlow Garden.", "Goodbye!")
        assert await line.caller.closing() == 1000


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_an_endpoint_that_fails_is_owned_up_to(pool: asyncpg.Pool, status: int) -> None:
    """In our words, at once, and the conversation goes on."""
    orders = Orders(status=status)
    async with calling(pool, ("check_order", WANTED), "Certainly.", orders=orders) as line:
        await line.says(*FAILED.replace(". ", ".\n").split("\n"))
        await line.says("Certainly.")
    (call,) = line.pages.calls
    assert (call.outcome, call.answer) == (ToolOutcome.FAILED, f"It answered {status}.")


@pytest.mark.parametrize("arguments", ["{}", '{"order_number": 4512}', "[]", '{"order_number": "4512", "all": true}'])
async def test_arguments_that_do_not_fit_reach_no_endpoint(pool: asyncpg.Pool, arguments: str) -> None:
    """The model is told, and asks the caller."""
    async with calling(pool, ("check_order", arguments), "Which order?") as line:
        await line.says("Which order?")
        assert "Ask the caller for what is missing." in line.model.results()[0]
    assert line.orders.asked == []
    assert [call.outcome for call in line.pages.calls] == [ToolOutcome.INVALID]


async def test_broken_arguments_are_apologised_for_and_stay_out_of_logs(
    pool: asyncpg.Pool, written: io.StringIO
) -> None:
    """They hold what a caller said. The second model is asked before anybody apologises."""
    async with calling(pool, ("check_order", '{"order_number": "secret')) as line:
        await line.says(APOLOGY)
        assert {asked["model"] for asked in line.model.asked} == {"one", "two"}
    assert "Failed to parse function call arguments" in written.getvalue()
    assert "secret" not in written.getvalue()


@pytest.mark.parametrize("name", ["refund_everything", "transfer_call", "take_message"])
async def test_what_was_not_given_does_not_exist(pool: asyncpg.Pool, name: str) -> None:
    """Whatever a caller or an entry has talked the model into; nothing happens, and it is told so."""
    tools = frozenset(Tool) - {Tool.TAKE_MESSAGE}
    async with calling(pool, (name, "{}"), "I can't do that.", tools=tools) as line:
        await line.says("I can't do that.")
        assert name not in line.model.offered()
    assert (line.orders.asked, line.pages.calls, line.inbox.told()) == ([], [], [])


async def test_a_model_that_turns_in_circles_is_stopped(pool: asyncpg.Pool) -> None:
    """It would keep the caller waiting for ever; on the next turn it may try again."""
    async with calling(pool, ("lookup_knowledge", '{"question": "ferns"}')) as line:
        for turns in (1, 2):
            await line.says(*GIVES_UP.replace(". ", ".\n").split("\n"))
            assert len(line.model.asked) == 4 * turns


async def test_whoever_interrupts_calls_the_tool_off(pool: asyncpg.Pool) -> None:
    """Its answer is not spoken into what they say, and the record tells why."""
    async with calling(pool, ("check_order", WANTED), "Certainly.", orders=Orders(status=503)) as line:
        await line.caller.say()
        await line.caller.hear("llm-function-call-in-progress")
        await line.says("Certainly.")
    assert [call.outcome for call in line.pages.calls] == [ToolOutcome.CANCELLED]
