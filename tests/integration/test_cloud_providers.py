"""Providers of other companies: built from a choice, and what the one for each stage sends over the wire."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from openai import DefaultAsyncHttpxClient
from pipecat.frames.frames import LLMContextFrame, LLMTextFrame, TTSAudioRawFrame, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import run_test

from pipelines.prompts import RULES
from pipelines.providers import ProviderUnavailable, cloud
from pipelines.providers.opened import Choice, open_providers

KEYS = {"deepgram": "dg-key", "openai": "sk-key", "cartesia": "ca-key"}


def choice(stt: str, llm: str, tts: str) -> Choice:
    """What an operator may choose."""
    return Choice(stt=stt, llm=llm, tts=tts, llm_model=None, sample_rate_hz=16_000, keys=KEYS, data_dir=Path("nowhere"))


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (("deepgram", "openai", "cartesia"), ("DeepgramSTTService", "SharedClientLlm", "CartesiaTTSService")),
        (("openai", "openai", "openai"), ("OpenAISTTService", "SharedClientLlm", "OpenAITTSService")),
    ],
)
async def test_each_stage_is_a_setting(chosen: tuple[str, str, str], names: tuple[str, str, str]) -> None:
    """A stage is what was chosen for it, and new for each session; no embedded model is loaded."""
    async with open_providers(choice(*chosen)) as providers:
        for make, name in zip((providers.stt, providers.llm, providers.tts), names, strict=True):
            assert type(make()).__name__ == name
            assert make() is not make()


def test_a_missing_package_says_which_command_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen without its package, a provider names the command that installs it."""
    monkeypatch.setattr(cloud, "find_spec", lambda _name: None)
    with pytest.raises(ProviderUnavailable, match="make cloud"):
        cloud.deepgram_stt(api_key="k", sample_rate_hz=16_000)


@asynccontextmanager
async def company(handler: Handler) -> AsyncIterator[str]:
    """Run a company's API that answers every POST, and yield its base URL."""
    app = web.Application()
    app.router.add_post("/{path:.*}", handler)
    async with TestServer(app) as server:
        yield str(server.make_url("/v1"))


async def test_openai_answers_with_our_key_and_model() -> None:
    """The model is asked for a stream, with our key, and its words arrive as they come."""

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert request.path == "/v1/chat/completions"
        assert request.headers["Authorization"] == "Bearer sk-key"
        assert (body["model"], body["stream"]) == ("gpt-test", True)
        assert body["messages"][0] == {"role": "system", "content": RULES}
        assert body["messages"][-1] == {"role": "user", "content": "Hello?"}
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for word in ("Good ", "morning."):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "gpt-test"}
            chunk["choices"] = [{"index": 0, "delta": {"content": word}, "finish_reason": None}]
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    context = LLMContext([{"role": "user", "content": "Hello?"}])
    async with company(chat) as url, DefaultAsyncHttpxClient() as http:
        service = cloud.openai_llm(api_key="sk-key", http=http, model="gpt-test", base_url=url)()
        down, _ = await run_test(service, frames_to_send=[LLMContextFrame(context)])
    assert [frame.text for frame in down if isinstance(frame, LLMTextFrame)] == ["Good ", "morning."]


async def test_openai_speaks_at_its_own_rate() -> None:
    """Speech is asked for as raw PCM and handed on with the rate that it has."""
    tone = (8_000 * np.sin(np.arange(12_000) / 10)).astype("<i2").tobytes()

    async def speech(request: web.Request) -> web.Response:
        body = await request.json()
        assert request.path == "/v1/audio/speech"
        assert (body["input"], body["response_format"]) == ("Good morning.", "pcm")
        return web.Response(body=tone)

    async with company(speech) as url, DefaultAsyncHttpxClient() as http:
        service = cloud.openai_tts(api_key="sk-key", http=http, base_url=url)()
        down, _ = await run_test(service, frames_to_send=[TTSSpeakFrame("Good morning.")])
    spoken = [frame for frame in down if isinstance(frame, TTSAudioRawFrame)]
    assert {frame.sample_rate for frame in spoken} == {24_000}
    assert b"".join(frame.audio for frame in spoken).startswith(tone)
