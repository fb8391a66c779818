"""Open the providers that were chosen, one for each stage, and close them with the process.

To add one: write its opener, name it in its table, and name it in server/settings.py.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from openai import DefaultAsyncHttpxClient
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.prepared import PreparedSpeech
from pipelines.processors.filling import FILLERS
from pipelines.prompts import shared_prefix
from pipelines.providers import cloud
from pipelines.providers.cloud import Build
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.providers.embedded.llama import LlamaProcess
from pipelines.providers.embedded.llm import EmbeddedLlm
from pipelines.providers.embedded.speech import HibariEngine
from pipelines.providers.embedded.stt import EmbeddedStt, load_ears
from pipelines.providers.embedded.tts import EmbeddedTts
from pipelines.providers.embedded.weights import QWEN_1_5B, join


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the operator chose: a provider for each stage, and what providers need to know.

    `llm_model` is None for a provider's default. `keys` are by provider. Embedded weights are joined in `data_dir`.
    """

    stt: str
    llm: str
    tts: str
    llm_model: str | None
    sample_rate_hz: int
    keys: Mapping[str, str]
    data_dir: Path


Opener = Callable[[Choice], AbstractAsyncContextManager[Build]]


@dataclass(frozen=True, slots=True)
class OpenProviders:
    """Makes the parts of one session. See `pipelines.providers.Providers`."""

    _stt: Build
    _llm: Build
    _tts: Build
    _hearing: EmbeddedHearing
    _speeches: PreparedSpeech

    def stt(self) -> FrameProcessor:
        """A new speech-to-text service."""
        return self._stt()

    def llm(self) -> FrameProcessor:
        """A new language model service."""
        return self._llm()

    def tts(self) -> FrameProcessor:
        """A new text-to-speech service."""
        return self._tts()

    def prepared(self, text: str) -> bytes | None:
        """Speech that was made earlier."""
        return self._speeches.get(text)

    def vad(self) -> VADAnalyzer:
        """A new voice detector."""
        return self._hearing.vad()

    def turn(self) -> BaseTurnAnalyzer:
        """A new end-of-turn detector."""
        return self._hearing.turn()


@asynccontextmanager
async def open_providers(choice: Choice) -> AsyncIterator[OpenProviders]:
    """Load what was chosen, once for all sessions. Raises ProviderUnavailable."""
    async with AsyncExitStack() as stack:
        hearing = await asyncio.to_thread(EmbeddedHearing.load)
        stack.callback(hearing.close)
        # Together: the language model loads in a process of its own. Whatever fails, the others are closed.
        opened = await asyncio.gather(
            *(
                stack.enter_async_context(opener(choice))
                for opener in (STT[choice.stt], LLM[choice.llm], TTS[choice.tts])
            ),
            return_exceptions=True,
        )
        stt, llm, tts = (_raised(one) for one in opened)
        speeches = PreparedSpeech(tts, sample_rate_hz=choice.sample_rate_hz)
        await stack.enter_async_context(speeches.making())
        for sentence in FILLERS:
            speeches.get(sentence)
        yield OpenProviders(_stt=stt, _llm=llm, _tts=tts, _hearing=hearing, _speeches=speeches)


def _raised(opened: Build | BaseException) -> Build:
    if isinstance(opened, BaseException):
        raise opened
    return opened


@asynccontextmanager
async def _embedded_llm(choice: Choice) -> AsyncIterator[Build]:
    """The model that ships, or the GGUF file that the operator names."""
    folder = (choice.data_dir / "models").resolve()
    model = Path(choice.llm_model) if choice.llm_model else await asyncio.to_thread(join, QWEN_1_5B, folder)
    llama = LlamaProcess(model, prefix=shared_prefix(), state_dir=folder)
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
async def _embedded_tts(choice: Choice) -> AsyncIterator[Build]:
    engine = await asyncio.to_thread(HibariEngine.load)
    try:
        yield lambda: EmbeddedTts(engine, sample_rate_hz=choice.sample_rate_hz)
    finally:
        engine.close()


def _cloud(make: Callable[[Choice], Build]) -> Opener:
    """A provider with nothing to load and nothing to close."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[Build]:
        yield make(choice)

    return opened


def _openai(make: Callable[[Choice, DefaultAsyncHttpxClient], Build]) -> Opener:
    """OpenAI, with the connections that all conversations share."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[Build]:
        async with DefaultAsyncHttpxClient() as http:
            yield make(choice, http)

    return opened


STT: dict[str, Opener] = {
    "embedded": _embedded_stt,
    "deepgram": _cloud(lambda c: cloud.deepgram_stt(api_key=c.keys["deepgram"], sample_rate_hz=c.sample_rate_hz)),
    "openai": _openai(lambda c, http: cloud.openai_stt(api_key=c.keys["openai"], http=http)),
}
LLM: dict[str, Opener] = {
    "embedded": _embedded_llm,
    "openai": _openai(lambda c, http: cloud.openai_llm(api_key=c.keys["openai"], http=http, model=c.llm_model)),
}
TTS: dict[str, Opener] = {
    "embedded": _embedded_tts,
    "cartesia": _cloud(lambda c: cloud.cartesia_tts(api_key=c.keys["cartesia"], sample_rate_hz=c.sample_rate_hz)),
    "openai": _openai(lambda c, http: cloud.openai_tts(api_key=c.keys["openai"], http=http)),
}
