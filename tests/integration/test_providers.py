"""Providers of other companies: built from a choice, and what each sends over the wire and makes of the answer."""

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from openai import DefaultAsyncHttpxClient
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor

from pipelines import offers
from pipelines.prompts import RULES
from pipelines.providers import ProviderUnavailable, cloud, openers
from pipelines.providers.opened import OpenProviders, open_providers
from pipelines.providers.openers import Choice
from tests.companies import company, socket, streamed
from tests.services import RATE_HZ, frames, listening

KEYS = {company: f"{company}-key" for company in offers.KEYS}
TONE = (8_000 * np.sin(np.arange(12_000) / 10)).astype("<i2").tobytes()


def choice(stt: str, llm: str, tts: str, **details: str) -> Choice:
    """What an operator may choose."""
    names = {"stt": (stt,), "llm": (llm,), "tts": (tts,)}
    return Choice(**names, sample_rate_hz=RATE_HZ, keys=KEYS, data_dir=Path("nowhere"), **details)  # type: ignore[arg-type]  # each detail is text


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (("deepgram", "openai", "cartesia"), ("DeepgramSTTService", "SharedClientLlm", "CartesiaTTSService")),
        (("openai", "openai", "openai"), ("OpenAISTTService", "SharedClientLlm", "OpenAITTSService")),
        (
            ("assemblyai", "anthropic", "deepgram"),
            ("AssemblyAISTTService", "AnthropicLlm", "DeepgramTTSService"),
        ),
        (("assemblyai", "google", "elevenlabs"), ("AssemblyAISTTService", "GoogleLlm", "ElevenLabsTTSService")),
        (("openai", "groq", "openai"), ("OpenAISTTService", "SharedClientLlm", "OpenAITTSService")),
        (("openai", "ollama", "openai"), ("OpenAISTTService", "SharedClientLlm", "OpenAITTSService")),
    ],
)
async def test_each_stage_is_a_setting(chosen: tuple[str, str, str], names: tuple[str, str, str]) -> None:
    """A stage is what was chosen for it, and new for each session; no embedded model is loaded."""
    async with open_providers(choice(*chosen)) as providers:
        assert isinstance(providers, OpenProviders)
        for make, name in zip((providers.stt, providers.llm, providers.tts), names, strict=True):
            assert type(make()).__name__ == name
            assert make() is not make()


def test_every_offer_can_be_opened() -> None:
    """What the settings accept is what there is."""
    for offered, opened in ((offers.STT, openers.STT), (offers.LLM, openers.LLM), (offers.TTS, openers.TTS)):
        assert list(offered) == list(opened)
        assert {offer.company for offer in offered.values()} - {None} <= set(offers.KEYS)


async def test_a_missing_package_says_which_command_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen without its package, a provider names the command that installs it."""
    monkeypatch.setattr(openers, "find_spec", lambda _name: None)
    with pytest.raises(ProviderUnavailable, match="deepgram needs its package: run `make providers`"):
        async with open_providers(choice("deepgram", "openai", "openai")):
            pass


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (choice("openai", "openai", "piper"), "VOICE_TTS_MODEL: the .onnx file"),
        (choice("openai", "openai", "piper", tts_model="nowhere.onnx"), "VOICE_TTS_MODEL: the .onnx file"),
        (choice("openai", "openai", "kokoro", tts_model="nowhere"), "kokoro-v1.0.onnx and voices-v1.0.bin"),
        (choice("whisper", "openai", "openai", stt_model="/nowhere/at/all"), "see VOICE_STT_MODEL"),
    ],
)
async def test_local_models_say_which_file_they_miss(chosen: Choice, message: str) -> None:
    """A model that is not where the setting says ends the start, in one line."""
    with pytest.raises(ProviderUnavailable, match=message):
        async with open_providers(chosen):
            pass


async def spoken(service: FrameProcessor, *, rate_hz: int = RATE_HZ) -> bytes:
    """Let the service say "Good morning." and return its audio, as long as TONE."""
    down = await frames(service, [TTSSpeakFrame("Good morning.")], lambda down: len(_pcm(down)) >= len(TONE))
    assert {frame.sample_rate for frame in down if isinstance(frame, TTSAudioRawFrame)} == {rate_hz}
    return _pcm(down)


def _pcm(down: Sequence[Frame]) -> bytes:
    return b"".join(frame.audio for frame in down if isinstance(frame, TTSAudioRawFrame))


async def answered(service: FrameProcessor) -> list[str]:
    """Ask the service "Hello?" and return the words as they came."""
    context = LLMContext([{"role": "user", "content": "Hello?"}])
    down = await frames(
        service,
        [LLMContextFrame(context)],
        lambda down: any(isinstance(frame, LLMFullResponseEndFrame) for frame in down),
    )
    return [frame.text for frame in down if isinstance(frame, LLMTextFrame)]


async def heard(service: FrameProcessor, arrived: asyncio.Event | None = None) -> list[str]:
    """Let the service hear sound, for at least a second and until it has arrived, and return the final transcripts."""
    sound: list[Frame] = [InputAudioRawFrame(TONE[: RATE_HZ // 25], RATE_HZ, 1) for _ in range(50)]
    asked = [VADUserStartedSpeakingFrame(), *sound]
    async with listening(service, lambda down: any(isinstance(frame, TranscriptionFrame) for frame in down)) as ear:
        await ear.worker.queue_frames(asked)
        while arrived and not arrived.is_set():
            await ear.worker.queue_frame(InputAudioRawFrame(TONE[: RATE_HZ // 25], RATE_HZ, 1))
            await asyncio.sleep(0.02)
        await ear.worker.queue_frame(VADUserStoppedSpeakingFrame())
        await ear.satisfied.wait()
        return [frame.text for frame in ear.down if isinstance(frame, TranscriptionFrame)]


async def test_openai_answers_with_our_key_and_model() -> None:
    """The model is asked for a stream, with our key, and its words arrive as they come."""

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert request.path == "/v1/chat/completions"
        assert request.headers["Authorization"] == "Bearer sk-key"
        assert (body["model"], body["stream"]) == ("gpt-test", True)
        assert body["messages"][0] == {"role": "system", "content": RULES}
        assert body["messages"][-1] == {"role": "user", "content": "Hello?"}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "gpt-test"}
        words = [{**chunk, "choices": [{"index": 0, "delta": {"content": word}}]} for word in ("Good ", "morning.")]
        return await streamed(request, *(f"data: {json.dumps(word)}" for word in words), "data: [DONE]")

    async with company(chat) as url, DefaultAsyncHttpxClient() as http:
        service = cloud.openai_llm(api_key="sk-key", http=http, model="gpt-test", base_url=f"{url}/v1")()
        assert await answered(service) == ["Good ", "morning."]


async def test_anthropic_answers_with_our_key_and_rules() -> None:
    """The model is asked for a stream with our rules as its system prompt."""

    async def messages(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert request.path == "/v1/messages"
        assert request.headers["X-Api-Key"] == "sk-ant-key"
        assert (body["model"], body["stream"], body["max_tokens"]) == ("claude-test", True, cloud.MAX_TOKENS)
        assert RULES in json.dumps(body["system"], ensure_ascii=False).replace("\\n", "\n").replace('\\"', '"')
        assert "Hello?" in json.dumps(body["messages"])
        events: list[dict[str, Any]] = [
            {
                "type": "message_start",
                "message": {
                    "id": "1",
                    "type": "message",
                    "role": "assistant",
                    "model": "claude-test",
                    "content": [],
                    "stop_reason": None,
                    "usage": {"input_tokens": 9, "output_tokens": 1},
                },
            },
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
                for word in ("Good ", "morning.")
            ),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
            {"type": "message_stop"},
        ]
        return await streamed(request, *(f"event: {event['type']}\ndata: {json.dumps(event)}" for event in events))

    async with (
        company(messages) as url,
        cloud.anthropic_llm(api_key="sk-ant-key", model="claude-test", base_url=url) as build,
    ):
        assert await answered(build()) == ["Good ", "morning."]


async def test_google_answers_with_our_key_and_rules() -> None:
    """Gemini is asked for a stream with our rules as its system instruction."""

    async def generate(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        assert request.path == "/v1beta/models/gemini-test:streamGenerateContent"
        assert request.headers["X-Goog-Api-Key"] == "google-key"
        assert body["systemInstruction"]["parts"][0]["text"] == RULES
        assert body["contents"][-1]["parts"][0]["text"] == "Hello?"
        answers = [
            {"candidates": [{"content": {"role": "model", "parts": [{"text": word}]}}]}
            for word in ("Good ", "morning.")
        ]
        return await streamed(request, *(f"data: {json.dumps(answer)}" for answer in answers))

    async with (
        company(generate) as url,
        cloud.google_llm(api_key="google-key", model="gemini-test", base_url=url) as build,
    ):
        assert await answered(build()) == ["Good ", "morning."]


async def test_openai_speaks_at_its_own_rate() -> None:
    """Speech is asked for as raw PCM and handed on with the rate that it has."""

    async def speech(request: web.Request) -> web.Response:
        body = await request.json()
        assert request.path == "/v1/audio/speech"
        assert (body["input"], body["response_format"], body["voice"]) == ("Good morning.", "pcm", "coral")
        return web.Response(body=TONE)

    async with company(speech) as url, DefaultAsyncHttpxClient() as http:
        service = cloud.openai_tts(api_key="sk-key", http=http, voice="coral", base_url=f"{url}/v1")()
        assert (await spoken(service, rate_hz=24_000)).startswith(TONE)


async def test_deepgram_speaks() -> None:
    """Text goes over one socket with our key, voice and rate, and audio comes back."""

    async def talk(websocket: web.WebSocketResponse, message: dict[str, Any] | bytes) -> None:
        assert isinstance(message, dict)
        if message["type"] == "Speak":
            assert message["text"].strip() == "Good morning."
            await websocket.send_bytes(TONE)
        elif message["type"] == "Flush":
            await websocket.send_json({"type": "Flushed", "sequence_id": 0})

    async with company(socket(talk, authorization="Token dg-key")) as url:
        service = cloud.deepgram_tts(
            api_key="dg-key", sample_rate_hz=RATE_HZ, voice="aura-test", base_url=url.replace("http", "ws")
        )()
        assert (await spoken(service)).startswith(TONE)


async def test_elevenlabs_speaks() -> None:
    """Text goes over one socket with our key, and audio comes back as base64."""

    async def talk(websocket: web.WebSocketResponse, message: dict[str, Any] | bytes) -> None:
        assert isinstance(message, dict)
        if message.get("text", "").strip():
            assert message["text"].strip() == "Good morning."
            about = {"contextId": message["context_id"]}
            await websocket.send_json({**about, "audio": base64.b64encode(TONE).decode()})
            await websocket.send_json({**about, "isFinal": True})

    async with company(socket(talk, authorization="el-key", header="xi-api-key")) as url:
        service = cloud.elevenlabs_tts(
            api_key="el-key", sample_rate_hz=RATE_HZ, voice="rachel", url=url.replace("http", "ws")
        )()
        assert (await spoken(service)).startswith(TONE)


async def test_cartesia_speaks() -> None:
    """Text goes over one socket with our voice and rate, and audio comes back as base64."""

    async def serve(request: web.Request) -> web.StreamResponse:
        assert "ca-key" in (request.headers.get("X-API-Key"), request.query.get("api_key"))
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for received in websocket:
            message = json.loads(received.data)
            if message.get("transcript", "").strip():
                assert message["voice"]["id"] == "brooke"
                assert message["output_format"]["sample_rate"] == RATE_HZ
                about = {"context_id": message["context_id"], "done": False}
                await websocket.send_json({**about, "type": "chunk", "data": base64.b64encode(TONE).decode()})
                await websocket.send_json({**about, "type": "done"})
        return websocket

    async with company(serve) as url:
        service = cloud.cartesia_tts(
            api_key="ca-key", sample_rate_hz=RATE_HZ, voice="brooke", url=f"{url.replace('http', 'ws')}/tts/websocket"
        )()
        assert (await spoken(service)).startswith(TONE)


async def test_deepgram_hears() -> None:
    """Audio streams over one socket with our key, and a transcript comes back."""
    arrived = asyncio.Event()

    async def talk(websocket: web.WebSocketResponse, message: dict[str, Any] | bytes) -> None:
        if isinstance(message, bytes):
            arrived.set()
        elif message["type"] == "Finalize":
            alternative = {"transcript": "Good morning.", "confidence": 1.0, "words": []}
            result = {"type": "Results", "channel_index": [0, 1], "duration": 1.0, "start": 0.0, "is_final": True}
            metadata = {"request_id": "1", "model_info": {"name": "", "version": "", "arch": ""}, "model_uuid": "1"}
            await websocket.send_json(
                {**result, "from_finalize": True, "channel": {"alternatives": [alternative]}, "metadata": metadata}
            )

    async with company(socket(talk, authorization="Token dg-key")) as url:
        service = cloud.deepgram_stt(api_key="dg-key", sample_rate_hz=RATE_HZ, base_url=url.replace("http", "ws"))()
        assert await heard(service, arrived) == ["Good morning."]


async def test_assemblyai_hears() -> None:
    """Audio streams over one socket with our key; our voice detector ends the turn, and a transcript comes back."""

    async def talk(websocket: web.WebSocketResponse, message: dict[str, Any] | bytes) -> None:
        if isinstance(message, bytes):
            return
        if message["type"] == "ForceEndpoint":
            turn = {"type": "Turn", "turn_order": 0, "turn_is_formatted": True, "end_of_turn": True, "words": []}
            await websocket.send_json({**turn, "transcript": "Good morning.", "end_of_turn_confidence": 1.0})
        elif message["type"] == "Terminate":
            ended = {"audio_duration_seconds": 1, "session_duration_seconds": 1}
            await websocket.send_json({"type": "Termination", **ended})

    async with company(socket(talk, authorization="aai-key")) as url:
        service = cloud.assemblyai_stt(api_key="aai-key", sample_rate_hz=RATE_HZ, url=url.replace("http", "ws"))()
        assert await heard(service) == ["Good morning."]


async def test_openai_hears() -> None:
    """An utterance is sent as a WAV file when it is over."""

    async def transcriptions(request: web.Request) -> web.Response:
        form = await request.post()
        assert request.path == "/v1/audio/transcriptions"
        file = form["file"]
        assert isinstance(file, web.FileField)
        assert file.file.read(4) == b"RIFF"
        return web.json_response({"text": "Good morning."})

    async with company(transcriptions) as url, DefaultAsyncHttpxClient() as http:
        service = cloud.openai_stt(api_key="sk-key", http=http, base_url=f"{url}/v1")()
        assert await heard(service) == ["Good morning."]
