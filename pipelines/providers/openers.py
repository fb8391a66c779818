"""How each provider is opened for the whole process.

To add one: name it in pipelines/offers.py, write how it is made, and name that in its table at the end of this file.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from openai import DefaultAsyncHttpxClient

from pipelines import offers
from pipelines.providers import ProviderUnavailable, cloud
from pipelines.providers.cloud import Build, BuildSpeechToSpeech, BuildVoice
from pipelines.providers.embedded import picking
from pipelines.providers.embedded.kokoro import KokoroEngine
from pipelines.providers.embedded.llama import LlamaProcess
from pipelines.providers.embedded.llm import EmbeddedLlm
from pipelines.providers.embedded.piper import PiperEngine
from pipelines.providers.embedded.speech import HibariEngine, Voice
from pipelines.providers.embedded.stt import EmbeddedStt, load_ears
from pipelines.providers.embedded.tts import EmbeddedTts
from pipelines.providers.embedded.weights import QWEN_1_5B, join
from pipelines.providers.embedded.whisper import WhisperEngine
from pipelines.providers.wishes import USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the operator chose: providers for each stage, in order of preference, and what they need to know.

    Models and voices are for the first provider of their stage; None stands for its default. Assistants may choose from
    `llm_models` and `tts_voices`. `keys` are by company. Embedded weights are joined in `data_dir`.
    """

    stt: tuple[str, ...]
    llm: tuple[str, ...]
    tts: tuple[str, ...]
    stt_model: str | None = None
    llm_model: str | None = None
    llm_url: str | None = None
    llm_key: str | None = None
    tts_model: str | None = None
    tts_voice: str | None = None
    llm_models: tuple[str, ...] = ()
    tts_voices: tuple[str, ...] = ()
    sample_rate_hz: int
    keys: Mapping[str, str]
    data_dir: Path

    @property
    def speech_to_speech(self) -> str | None:
        """The one model for all stages, if that was chosen."""
        return self.llm[0] if self.llm[0] in offers.SPEECH_TO_SPEECH else None

    def without_details(self) -> "Choice":
        """The same for a provider further down its list."""
        return replace(self, stt_model=None, llm_model=None, tts_model=None, tts_voice=None, tts_voices=())


Opener = Callable[[Choice], AbstractAsyncContextManager[Build]]
BuildT = TypeVar("BuildT", Build, BuildVoice, BuildSpeechToSpeech)
VoiceOpener = Callable[[Choice], AbstractAsyncContextManager[BuildVoice]]

# The smallest English model that hears prices right. https://github.com/openai/whisper#available-models-and-languages
WHISPER_MODEL = "base.en"


def require_package(name: str, offer: offers.Offer) -> None:
    """Raises ProviderUnavailable when the package that the provider needs is not installed."""
    if offer.package is None:
        return
    try:
        found = find_spec(offer.package)
    except ModuleNotFoundError:  # of the package around it
        found = None
    if found is None:
        raise ProviderUnavailable(f"The provider {name} needs its package: run `make providers`, then start again.")


@asynccontextmanager
async def _embedded_llm(choice: Choice) -> AsyncIterator[Build]:
    """The model that ships, or the GGUF file that the operator names."""
    folder = (choice.data_dir / "models").resolve()
    model = Path(choice.llm_model) if choice.llm_model else await asyncio.to_thread(join, QWEN_1_5B, folder)
    llama = LlamaProcess(model, prefix=picking.prefix(), state_dir=folder)
    await llama.start()
    try:
        yield lambda: EmbeddedLlm(llama)
    finally:
        await llama.close()


@asynccontextmanager
async def _embedded_stt(choice: Choice) -> AsyncIterator[Build]:
    """Moonshine where its wheel carries the weights, Whisper elsewhere."""
    engine = await asyncio.to_thread(load_ears)
    try:
        yield lambda: EmbeddedStt(engine, sample_rate_hz=choice.sample_rate_hz)
    finally:
        engine.close()


@asynccontextmanager
async def _whisper(choice: Choice) -> AsyncIterator[Build]:
    """Any model of faster-whisper: a folder, or a name, which is downloaded once."""
    engine = await asyncio.to_thread(WhisperEngine.load, choice.stt_model or WHISPER_MODEL)
    try:
        yield lambda: EmbeddedStt(engine, sample_rate_hz=choice.sample_rate_hz)
    finally:
        engine.close()


def _local_voice(load: Callable[[Choice], Voice]) -> VoiceOpener:
    """A voice of our own machine, loaded once for all conversations."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[BuildVoice]:
        engine = await asyncio.to_thread(load, choice)
        try:
            yield lambda manner=USUAL: EmbeddedTts(engine, manner, sample_rate_hz=choice.sample_rate_hz)
        finally:
            engine.close()

    return opened


def _cloud(make: Callable[[Choice], BuildT]) -> Callable[[Choice], AbstractAsyncContextManager[BuildT]]:
    """A provider with nothing to load and nothing to close."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[BuildT]:
        yield make(choice)

    return opened


def _over_http(
    make: Callable[[Choice, DefaultAsyncHttpxClient], BuildT],
) -> Callable[[Choice], AbstractAsyncContextManager[BuildT]]:
    """What speaks OpenAI's protocol, with the connections that all conversations share."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[BuildT]:
        async with DefaultAsyncHttpxClient() as http:
            yield make(choice, http)

    return opened


def _like_openai(choice: Choice, http: DefaultAsyncHttpxClient, *, key: str, model: str, url: str | None) -> Build:
    return cloud.openai_llm(api_key=key, http=http, model=choice.llm_model or model, base_url=url)


STT: Mapping[str, Opener] = {
    "embedded": _embedded_stt,
    "whisper": _whisper,
    "assemblyai": _cloud(lambda c: cloud.assemblyai_stt(api_key=c.keys["assemblyai"], sample_rate_hz=c.sample_rate_hz)),
    "deepgram": _cloud(lambda c: cloud.deepgram_stt(api_key=c.keys["deepgram"], sample_rate_hz=c.sample_rate_hz)),
    "openai": _over_http(lambda c, http: cloud.openai_stt(api_key=c.keys["openai"], http=http)),
}
LLM: Mapping[str, Opener] = {
    "embedded": _embedded_llm,
    "ollama": _over_http(
        lambda c, http: _like_openai(
            c, http, key=c.llm_key or "ollama", model=offers.OLLAMA_MODEL, url=c.llm_url or offers.OLLAMA_URL
        )
    ),
    "compatible": _over_http(
        lambda c, http: _like_openai(c, http, key=c.llm_key or "none", model=offers.OPENAI_MODEL, url=c.llm_url)
    ),
    "anthropic": lambda c: cloud.anthropic_llm(api_key=c.keys["anthropic"], model=c.llm_model),
    "google": lambda c: cloud.google_llm(api_key=c.keys["google"], model=c.llm_model),
    "groq": _over_http(
        lambda c, http: _like_openai(c, http, key=c.keys["groq"], model=offers.GROQ_MODEL, url=offers.GROQ_URL)
    ),
    "openai": _over_http(
        lambda c, http: _like_openai(c, http, key=c.keys["openai"], model=offers.OPENAI_MODEL, url=None)
    ),
}
TTS: Mapping[str, VoiceOpener] = {
    "embedded": _local_voice(lambda c: HibariEngine.load(c.tts_voices)),
    "kokoro": _local_voice(lambda c: KokoroEngine.load(c.tts_model, c.tts_voice, c.tts_voices)),
    "piper": _local_voice(lambda c: PiperEngine.load(c.tts_model)),
    "cartesia": _cloud(
        lambda c: cloud.cartesia_tts(
            api_key=c.keys["cartesia"], sample_rate_hz=c.sample_rate_hz, model=c.tts_model, voice=c.tts_voice
        )
    ),
    "deepgram": _cloud(
        lambda c: cloud.deepgram_tts(api_key=c.keys["deepgram"], sample_rate_hz=c.sample_rate_hz, voice=c.tts_voice)
    ),
    "elevenlabs": _cloud(
        lambda c: cloud.elevenlabs_tts(
            api_key=c.keys["elevenlabs"], sample_rate_hz=c.sample_rate_hz, model=c.tts_model, voice=c.tts_voice
        )
    ),
    "openai": _over_http(
        lambda c, http: cloud.openai_tts(api_key=c.keys["openai"], http=http, model=c.tts_model, voice=c.tts_voice)
    ),
}
SPEECH_TO_SPEECH: Mapping[str, Callable[[Choice], AbstractAsyncContextManager[BuildSpeechToSpeech]]] = {
    "gemini-live": lambda c: cloud.gemini_live(api_key=c.keys["google"], model=c.llm_model, voice=c.tts_voice),
    "openai-realtime": _cloud(
        lambda c: cloud.openai_realtime(api_key=c.keys["openai"], model=c.llm_model, voice=c.tts_voice)
    ),
}
