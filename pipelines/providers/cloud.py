"""Providers of other companies, one for each stage, through pipecat's own services.

Each service is imported when it is chosen. OpenAI's connections, `http`, are shared by all conversations and closed by
whoever opened them.
"""

from collections.abc import Callable
from importlib.util import find_spec

from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.prompts import RULES
from pipelines.providers import ProviderUnavailable
from pipelines.providers.openai_llm import SharedClientLlm

# Cartesia's "Brooke", an American woman made for conversations.
# https://docs.cartesia.ai/build-with-cartesia/tts-models/latest
CARTESIA_VOICE = "e07c00bc-4134-4eae-9ea4-1a55fb45746b"
CARTESIA_URL = "wss://api.cartesia.ai/tts/websocket"
OPENAI_MODEL = "gpt-4.1-mini"
OPENAI_SPEECH_HZ = 24_000  # the only rate it speaks at; https://platform.openai.com/docs/guides/text-to-speech
MAX_TOKENS = 120

Build = Callable[[], FrameProcessor]


def deepgram_stt(*, api_key: str, sample_rate_hz: int, base_url: str = "") -> Build:
    """Streams audio to Deepgram as it is spoken. Raises ProviderUnavailable without Deepgram's package."""
    if find_spec("deepgram") is None:
        raise ProviderUnavailable("The provider deepgram needs its package: run `make cloud`, then start again.")
    from pipecat.services.deepgram.stt import DeepgramSTTService

    return lambda: DeepgramSTTService(api_key=api_key, sample_rate=sample_rate_hz, base_url=base_url)


def openai_stt(*, api_key: str, http: DefaultAsyncHttpxClient, base_url: str | None = None) -> Build:
    """Sends each utterance to OpenAI when it is over."""
    from pipecat.services.openai.stt import OpenAISTTService

    return lambda: OpenAISTTService(api_key=api_key, base_url=base_url, http_client=http)


def openai_llm(
    *, api_key: str, http: DefaultAsyncHttpxClient, model: str | None = None, base_url: str | None = None
) -> Build:
    """Streams answers from OpenAI, or from whatever speaks its protocol at `base_url`."""
    client = AsyncOpenAI(api_key=api_key, base_url=base_url, http_client=http)
    settings = SharedClientLlm.Settings(
        model=model or OPENAI_MODEL, system_instruction=RULES, temperature=0.2, max_tokens=MAX_TOKENS
    )
    return lambda: SharedClientLlm(client, settings)


def openai_tts(*, api_key: str, http: DefaultAsyncHttpxClient, base_url: str | None = None) -> Build:
    """Asks OpenAI for speech, sentence by sentence; the transport resamples it."""
    from pipecat.services.openai.tts import OpenAITTSService

    return lambda: OpenAITTSService(api_key=api_key, base_url=base_url, http_client=http, sample_rate=OPENAI_SPEECH_HZ)


def cartesia_tts(*, api_key: str, sample_rate_hz: int, url: str = CARTESIA_URL) -> Build:
    """Streams text to Cartesia and audio back over one socket."""
    from pipecat.services.cartesia.tts import CartesiaTTSService

    settings = CartesiaTTSService.Settings(voice=CARTESIA_VOICE)
    return lambda: CartesiaTTSService(api_key=api_key, url=url, sample_rate=sample_rate_hz, settings=settings)
