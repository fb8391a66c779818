"""Language models of other companies that fail: the caller is told, and may ask again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
from aiohttp import web
from openai import DefaultAsyncHttpxClient
from pipecat.frames.frames import LLMContextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.processors.filling import APOLOGY
from pipelines.providers import cloud
from pipelines.providers.cloud import Build
from pipelines.providers.failover import THINKING, Circuit, Failover
from tests.companies import company, streamed
from tests.doubles import Doubles
from tests.services import listening
from tests.voice_world import Caller, doors

WELL = "Certainly."
HALF = "The roses are"


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "WORD_TIMEOUT_S", 0.2)


def words(text: str) -> str:
    """Some of OpenAI's answer, as it travels."""
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "gpt-test"}
    return f"data: {json.dumps({**chunk, 'choices': [{'index': 0, 'delta': {'content': text}}]})}"


async def failing(mood: str, request: web.Request, half: str) -> web.StreamResponse:
    """What a model's server does on a bad day; `half` is an answer's first event."""
    match mood:
        case "error 500" | "error 429":
            return web.json_response({"error": {"message": "not now"}}, status=int(mood[-3:]))
        case "garbage":
            return await streamed(request, "data: {]", "data: [DONE]")
        case "no words":
            return await streamed(request, "data: [DONE]")
        case "silence":
            await asyncio.sleep(3600)
            raise AssertionError
        case "half an answer":
            await streamed(request, half)
            await asyncio.sleep(3600)
            raise AssertionError
        case _:
            response = await streamed(request, half)
            # Before the end of the chunked body.
            assert request.transport
            request.transport.abort()
            return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking(Doubles):
    """Doubles, but for the models, of which each stands in for the one before."""

    models: list[Build] = field(default_factory=list)
    circuits: list[Circuit] = field(default_factory=lambda: [Circuit("first"), Circuit("second")])

    def llm(self) -> FrameProcessor:
        """Return real services."""
        services = [build() for build in self.models]
        return Failover(list(zip(services, self.circuits, strict=True)), THINKING) if services[1:] else services[0]


@asynccontextmanager
async def calling(pool: asyncpg.Pool, *moods: list[str]) -> AsyncIterator[Caller]:
    """A caller whose models' servers have these moods, one after the other, and then answer well."""
    left = {f"model-{number}": list(model) for number, model in enumerate(moods)}

    async def chat(request: web.Request) -> web.StreamResponse:
        mood = left[(await request.json())["model"]]
        if mood:
            return await failing(mood.pop(0), request, words(HALF))
        return await streamed(request, words(WELL), "data: [DONE]")

    providers = Thinking()
    # The door checks that nothing is left, so the models' servers stand within.
    async with doors(pool, providers=providers, greeting="") as world:  # noqa: SIM117 - and end before it
        async with company(chat) as url, DefaultAsyncHttpxClient() as http:
            providers.models.extend(
                cloud.openai_llm(api_key="sk-key", http=http, model=model, base_url=url) for model in left
            )
            async with world.call() as caller:
                yield caller
            await world.empty()


async def answers(caller: Caller, *expected: str) -> None:
    """Ask something; the assistant says exactly this."""

    def said() -> list[str]:
        spoken = [message["data"] for message in caller.told("bot-output")]
        return [one["text"] for one in spoken if one["spoken_status"] == "completed"]

    before = len(said())
    await caller.say()
    while len(said()) < before + len(expected):
        await caller.receive()
    await caller.hear("bot-stopped-speaking")
    assert said()[before:] == list(expected)


@pytest.mark.parametrize("mood", ["error 500", "error 429", "garbage", "no words", "silence"])
async def test_a_model_that_gives_no_answer_is_apologised_for(pool: asyncpg.Pool, mood: str) -> None:
    """Once; and the next question is answered by the same model."""
    async with calling(pool, [mood]) as caller:
        await answers(caller, APOLOGY)
        await answers(caller, WELL)


@pytest.mark.parametrize("moods", [(["half an answer"],), (["the line goes dead"],), (["half an answer"], [])])
async def test_half_an_answer_ends_in_an_apology(pool: asyncpg.Pool, moods: tuple[list[str], ...]) -> None:
    """What was said of it stays said, and is not said again by whoever stands in."""
    async with calling(pool, *moods) as caller:
        await answers(caller, HALF, APOLOGY)
        await answers(caller, WELL)


async def test_nobody_apologises_for_a_model_whose_successor_answers(pool: asyncpg.Pool) -> None:
    """A list of providers has failed when its last one has."""
    async with calling(pool, ["error 500"], []) as caller:
        await answers(caller, WELL)


async def test_the_last_model_of_a_list_is_apologised_for(pool: asyncpg.Pool) -> None:
    """When nobody is left to ask."""
    async with calling(pool, ["error 500"], ["error 429"]) as caller:
        await answers(caller, APOLOGY)
        await answers(caller, WELL)


CLAUDE_DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": HALF}}
CLAUDE_HALF = f"event: content_block_delta\ndata: {json.dumps(CLAUDE_DELTA)}"
GEMINI_HALF = f"data: {json.dumps({'candidates': [{'content': {'role': 'model', 'parts': [{'text': HALF}]}}]})}"
BAD_DAYS = pytest.mark.parametrize("mood", ["error 500", "silence", "half an answer"])


@BAD_DAYS
async def test_anthropic_complains(mood: str) -> None:
    """A failure is an error in the pipeline, and the service stays usable."""

    async def messages(request: web.Request) -> web.StreamResponse:
        return await failing(mood, request, CLAUDE_HALF)

    async with company(messages) as url, cloud.anthropic_llm(api_key="key", base_url=url) as build:
        await complains(build())


@BAD_DAYS
async def test_google_complains(mood: str) -> None:
    """The same."""

    async def generate(request: web.Request) -> web.StreamResponse:
        return await failing(mood, request, GEMINI_HALF)

    async with company(generate) as url, cloud.google_llm(api_key="key", base_url=url) as build:
        await complains(build())


async def complains(service: FrameProcessor) -> None:
    """Ask, and wait for the one error."""
    async with listening(service, lambda _down: False) as listener:
        await listener.worker.queue_frame(LLMContextFrame(LLMContext([{"role": "user", "content": "Hello?"}])))
        await listener.told.wait()
        assert len(listener.errors) == 1
        assert service.is_usable
        listener.errors.clear()
