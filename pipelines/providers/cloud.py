"""Providers of other companies, through pipecat's own services, and whatever speaks OpenAI's protocol.

Each service is imported when it is chosen. What is opened here for all conversations, such as `http`, is closed by
whoever opened it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.prompts import RULES
from pipelines.providers.openai_llm import SharedClientLlm
from pipelines.providers.wishes import USUAL, Manner

ASSEMBLYAI_URL = "wss://streaming.assemblyai.com/v3/ws"
# Cartesia's "Brooke", an American woman made for conversations.
# https://docs.cartesia.ai/build-with-cartesia/tts-models/latest
CARTESIA_VOICE = "e07c00bc-4134-4eae-9ea4-1a55fb45746b"
CARTESIA_URL = "wss://api.cartesia.ai/tts/websocket"
# ElevenLabs' "Rachel", one of the voices that every account has. https://elevenlabs.io/docs/capabilities/voices
ELEVENLABS_VOICE = "21m00Tcm4TlvDq8ikWAM"
ELEVENLABS_FASTEST = 1.2
OPENAI_SPEECH_HZ = 24_000  # the only rate it speaks at; https://platform.openai.com/docs/guides/text-to-speech
MAX_TOKENS = 120
# The longest silence of a model, also between two words.
WORD_TIMEOUT_S = 15.0

OPENAI_REALTIME_URL = "wss://api.openai.com/v1/realtime"

Build = Callable[[], FrameProcessor]
# From its instructions and tools.
BuildSpeechToSpeech = Callable[[str, ToolsSchema | None], FrameProcessor]


class BuildVoice(Protocol):
    """Makes a voice that speaks in this manner, as far as its company lets one choose."""

    def __call__(self, manner: Manner = USUAL) -> FrameProcessor:
        """A new service."""


def assemblyai_stt(*, api_key: str, sample_rate_hz: int, url: str = ASSEMBLYAI_URL) -> Build:
    """Streams audio to AssemblyAI as it is spoken; our own voice detector ends the turns."""
    from pipecat.services.assemblyai.stt import AssemblyAISTTService

    return lambda: AssemblyAISTTService(
        api_key=api_key, api_endpoint_base_url=url, sample_rate=sample_rate_hz, should_interrupt=False
    )


def deepgram_stt(*, api_key: str, sample_rate_hz: int, base_url: str = "") -> Build:
    """Streams audio to Deepgram as it is spoken."""
    from pipecat.services.deepgram.stt import DeepgramSTTService

    return lambda: DeepgramSTTService(api_key=api_key, sample_rate=sample_rate_hz, base_url=base_url)


def openai_stt(*, api_key: str, http: DefaultAsyncHttpxClient, base_url: str | None = None) -> Build:
    """Sends each utterance to OpenAI when it is over."""
    from pipecat.services.openai.stt import OpenAISTTService

    return lambda: OpenAISTTService(api_key=api_key, base_url=base_url, http_client=http)


def openai_llm(*, api_key: str, http: DefaultAsyncHttpxClient, model: str, base_url: str | None = None) -> Build:
    """Streams answers from OpenAI, or from whatever speaks its protocol at `base_url`."""
    client = AsyncOpenAI(
        api_key=api_key, base_url=base_url, http_client=http, timeout=Timeout(WORD_TIMEOUT_S), max_retries=0
    )
    settings = SharedClientLlm.Settings(model=model, system_instruction=RULES, temperature=0.2, max_tokens=MAX_TOKENS)
    return lambda: SharedClientLlm(client, settings)


@asynccontextmanager
async def anthropic_llm(*, api_key: str, model: str | None = None, base_url: str | None = None) -> AsyncIterator[Build]:
    """Streams answers from Anthropic, over connections that all conversations share."""
    from anthropic import AsyncAnthropic

    from pipelines.providers.anthropic_llm import AnthropicLlm

    settings = AnthropicLlm.Settings(system_instruction=RULES, max_tokens=MAX_TOKENS)
    if model:
        settings.model = model
    async with AsyncAnthropic(api_key=api_key, base_url=base_url, timeout=WORD_TIMEOUT_S, max_retries=0) as client:
        yield lambda: AnthropicLlm(api_key=api_key, client=client, settings=settings)


@asynccontextmanager
async def google_llm(*, api_key: str, model: str | None = None, base_url: str | None = None) -> AsyncIterator[Build]:
    """Streams answers from Gemini, over connections that all conversations share."""
    from pipelines.providers import google

    settings = google.GoogleLlm.Settings(system_instruction=RULES, max_tokens=MAX_TOKENS)
    if model:
        settings.model = model
    # Until the first word; between words the service counts itself.
    async with google.opened(api_key=api_key, base_url=base_url, timeout_s=WORD_TIMEOUT_S) as client:
        yield lambda: google.GoogleLlm(client, settings, stream_idle_timeout_s=WORD_TIMEOUT_S)


def openai_tts(
    *,
    api_key: str,
    http: DefaultAsyncHttpxClient,
    model: str | None = None,
    voice: str | None = None,
    base_url: str | None = None,
) -> BuildVoice:
    """Asks OpenAI for speech, sentence by sentence; the transport resamples it."""
    from pipecat.services.openai.tts import OpenAITTSService

    usual = OpenAITTSService.Settings()
    if model:
        usual.model = model
    if voice:
        usual.voice = voice

    def build(manner: Manner = USUAL) -> FrameProcessor:
        settings = replace(usual, voice=manner.voice or usual.voice, speed=manner.rate)
        return OpenAITTSService(
            api_key=api_key, base_url=base_url, http_client=http, sample_rate=OPENAI_SPEECH_HZ, settings=settings
        )

    return build


def cartesia_tts(
    *,
    api_key: str,
    sample_rate_hz: int,
    model: str | None = None,
    voice: str | None = None,
    url: str = CARTESIA_URL,
) -> BuildVoice:
    """Streams text to Cartesia and audio back over one socket."""
    from pipecat.services.cartesia.tts import CartesiaTTSService, GenerationConfig

    usual = CartesiaTTSService.Settings(voice=voice or CARTESIA_VOICE)
    if model:
        usual.model = model

    def build(manner: Manner = USUAL) -> FrameProcessor:
        settings = replace(usual, voice=manner.voice or usual.voice)
        if manner.rate != USUAL.rate:
            settings.generation_config = GenerationConfig(speed=manner.rate)
        return CartesiaTTSService(api_key=api_key, url=url, sample_rate=sample_rate_hz, settings=settings)

    return build


def deepgram_tts(
    *, api_key: str, sample_rate_hz: int, voice: str | None = None, base_url: str = "wss://api.deepgram.com"
) -> BuildVoice:
    """Streams text to Deepgram and audio back over one socket; it speaks at one pace."""
    from pipecat.services.deepgram.tts import DeepgramTTSService

    usual = DeepgramTTSService.Settings()
    if voice:
        usual.voice = voice

    def build(manner: Manner = USUAL) -> FrameProcessor:
        settings = replace(usual, voice=manner.voice or usual.voice)
        return DeepgramTTSService(api_key=api_key, base_url=base_url, sample_rate=sample_rate_hz, settings=settings)

    return build


def elevenlabs_tts(
    *,
    api_key: str,
    sample_rate_hz: int,
    model: str | None = None,
    voice: str | None = None,
    url: str = "wss://api.elevenlabs.io",
) -> BuildVoice:
    """Streams text to ElevenLabs and audio back over one socket."""
    from pipecat.services.elevenlabs.tts import ElevenLabsTTSService

    usual = ElevenLabsTTSService.Settings(voice=voice or ELEVENLABS_VOICE)
    if model:
        usual.model = model

    def build(manner: Manner = USUAL) -> FrameProcessor:
        settings = replace(usual, voice=manner.voice or usual.voice)
        if manner.rate != USUAL.rate:
            # It goes no faster. https://elevenlabs.io/docs/best-practices/prompting/controls#speed
            settings.speed = min(manner.rate, ELEVENLABS_FASTEST)
        return ElevenLabsTTSService(api_key=api_key, url=url, sample_rate=sample_rate_hz, settings=settings)

    return build


def openai_realtime(
    *, api_key: str, model: str | None = None, voice: str | None = None, url: str = OPENAI_REALTIME_URL
) -> BuildSpeechToSpeech:
    """Talks with OpenAI's realtime model."""
    from pipelines.providers.openai_realtime import OpenAIRealtime

    return lambda instructions, tools: OpenAIRealtime(
        api_key=api_key, instructions=instructions, tools=tools, model=model, voice=voice, url=url
    )


@asynccontextmanager
async def gemini_live(
    *, api_key: str, model: str | None = None, voice: str | None = None, base_url: str | None = None
) -> AsyncIterator[BuildSpeechToSpeech]:
    """Talks with Google's live model."""
    from pipelines.providers import google
    from pipelines.providers.gemini_live import GeminiLive

    async with google.opened(api_key=api_key, base_url=base_url, timeout_s=WORD_TIMEOUT_S) as client:
        yield lambda instructions, tools: GeminiLive(
            client=client, instructions=instructions, tools=tools, model=model, voice=voice
        )
