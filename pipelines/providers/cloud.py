"""Providers of other companies, one for each stage, through pipecat's own services.

Each function imports its company's package when it is chosen and raises ProviderUnavailable without it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipecat.processors.frame_processor import FrameProcessor

from pipelines.providers import ProviderUnavailable

# Cartesia's "Brooke", an American woman made for conversations.
# https://docs.cartesia.ai/build-with-cartesia/tts-models/latest
CARTESIA_VOICE = "e07c00bc-4134-4eae-9ea4-1a55fb45746b"
CARTESIA_URL = "wss://api.cartesia.ai/tts/websocket"
OPENAI_MODEL = "gpt-4.1-mini"
OPENAI_SPEECH_HZ = 24_000  # the only rate it speaks at; https://platform.openai.com/docs/guides/text-to-speech
MAX_TOKENS = 120

Build = Callable[[], FrameProcessor]


def deepgram_stt(*, api_key: str, sample_rate_hz: int, base_url: str = "") -> Build:
    """Streams audio to Deepgram as it is spoken."""
    with _package_of("deepgram"):
        from pipecat.services.deepgram.stt import DeepgramSTTService
    return lambda: DeepgramSTTService(api_key=api_key, sample_rate=sample_rate_hz, base_url=base_url)


def openai_stt(*, api_key: str, base_url: str | None = None) -> Build:
    """Sends each utterance to OpenAI when it is over."""
    with _package_of("openai"):
        from pipecat.services.openai.stt import OpenAISTTService
    return lambda: OpenAISTTService(api_key=api_key, base_url=base_url)


def openai_llm(*, api_key: str, model: str | None = None, base_url: str | None = None) -> Build:
    """Streams answers from OpenAI, or from whatever speaks its protocol at `base_url`."""
    with _package_of("openai"):
        from pipecat.services.openai.llm import OpenAILLMService
    settings = OpenAILLMService.Settings(model=model or OPENAI_MODEL, temperature=0.2, max_tokens=MAX_TOKENS)
    return lambda: OpenAILLMService(api_key=api_key, base_url=base_url, settings=settings)


def openai_tts(*, api_key: str, base_url: str | None = None) -> Build:
    """Asks OpenAI for speech, sentence by sentence; the transport resamples it."""
    with _package_of("openai"):
        from pipecat.services.openai.tts import OpenAITTSService
    return lambda: OpenAITTSService(api_key=api_key, base_url=base_url, sample_rate=OPENAI_SPEECH_HZ)


def cartesia_tts(*, api_key: str, sample_rate_hz: int, url: str = CARTESIA_URL) -> Build:
    """Streams text to Cartesia and audio back over one socket."""
    with _package_of("cartesia"):
        from pipecat.services.cartesia.tts import CartesiaTTSService
    settings = CartesiaTTSService.Settings(voice=CARTESIA_VOICE)
    return lambda: CartesiaTTSService(api_key=api_key, url=url, sample_rate=sample_rate_hz, settings=settings)


@contextmanager
def _package_of(company: str) -> Iterator[None]:
    """Say which command mends a missing package."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ProviderUnavailable(
            f"The provider {company} needs the package {error.name}: run `make cloud`, then start again."
        ) from error
