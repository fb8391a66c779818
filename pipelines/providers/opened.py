"""Open the providers that were chosen for each stage, and close them with the process.

To add one: name it in pipelines/offers.py, write how it is made, and name that in its table at the end of this file.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from openai import DefaultAsyncHttpxClient
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines import offers
from pipelines.prepared import PreparedSpeech
from pipelines.processors.filling import APOLOGY, FILLERS
from pipelines.prompts import shared_prefix
from pipelines.providers import ProviderUnavailable, cloud
from pipelines.providers.cloud import Build, BuildSpeechToSpeech
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.providers.embedded.kokoro import KokoroEngine
from pipelines.providers.embedded.llama import LlamaProcess
from pipelines.providers.embedded.llm import EmbeddedLlm
from pipelines.providers.embedded.piper import PiperEngine
from pipelines.providers.embedded.speech import HibariEngine, Voice
from pipelines.providers.embedded.stt import EmbeddedStt, load_ears
from pipelines.providers.embedded.tts import EmbeddedTts
from pipelines.providers.embedded.weights import QWEN_1_5B, join
from pipelines.providers.embedded.whisper import WhisperEngine
from pipelines.providers.failover import HEARING, SPEAKING, THINKING, Circuit, Failover, Work
from pipelines.providers.speakable import reading_well
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the operator chose: providers for each stage, in order of preference, and what they need to know.

    Models and voice are for the first provider of their stage; None stands for its default. `keys` are by
    company. Embedded weights are joined in `data_dir`.
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
    sample_rate_hz: int
    keys: Mapping[str, str]
    data_dir: Path

    @property
    def speech_to_speech(self) -> str | None:
        """The one model for all stages, if that was chosen."""
        return self.llm[0] if self.llm[0] in offers.SPEECH_TO_SPEECH else None

    def without_details(self) -> "Choice":
        """The same for a provider further down its list."""
        return replace(self, stt_model=None, llm_model=None, tts_model=None, tts_voice=None)


Opener = Callable[[Choice], AbstractAsyncContextManager[Build]]

# The smallest English model that hears prices right. https://github.com/openai/whisper#available-models-and-languages
WHISPER_MODEL = "base.en"


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

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """A new voice detector."""
        return self._hearing.vad(turn_taking)

    def turn(self, turn_taking: TurnTaking) -> BaseTurnAnalyzer:
        """A new end-of-turn detector."""
        return self._hearing.turn(turn_taking)


@dataclass(frozen=True, slots=True)
class OpenSpeechToSpeech:
    """Makes the one part of a session. See `pipelines.providers.SpeechToSpeech`."""

    _model: BuildSpeechToSpeech
    _hearing: EmbeddedHearing

    def model(self, instructions: str) -> FrameProcessor:
        """A new connection to the model."""
        return self._model(instructions)

    def prepared(self, text: str) -> bytes | None:  # noqa: ARG002 - its voice is the model's own
        """Nothing."""
        return None

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """A new voice detector."""
        return self._hearing.vad(turn_taking)

    def turn(self, turn_taking: TurnTaking) -> BaseTurnAnalyzer:
        """A new end-of-turn detector."""
        return self._hearing.turn(turn_taking)


@asynccontextmanager
async def open_providers(choice: Choice) -> AsyncIterator[OpenProviders | OpenSpeechToSpeech]:
    """Load what was chosen, once for all sessions. Raises ProviderUnavailable."""
    if name := choice.speech_to_speech:
        require_package(name, offers.SPEECH_TO_SPEECH[name])
        hearing = await asyncio.to_thread(EmbeddedHearing.load)
        try:
            yield OpenSpeechToSpeech(SPEECH_TO_SPEECH[name](choice), hearing)
        finally:
            hearing.close()
    else:
        async with _open_stages(choice) as providers:
            yield providers


@asynccontextmanager
async def _open_stages(choice: Choice) -> AsyncIterator[OpenProviders]:
    stages = ((choice.stt, offers.STT, STT), (choice.llm, offers.LLM, LLM), (choice.tts, offers.TTS, TTS))
    for names, offered, _ in stages:
        for name in names:
            require_package(name, offered[name])
    async with AsyncExitStack() as stack:
        hearing = await asyncio.to_thread(EmbeddedHearing.load)
        stack.callback(hearing.close)
        # Together: the language model loads in a process of its own. Whatever fails, the others are closed.
        opened = await asyncio.gather(
            *(
                stack.enter_async_context(opener(choice if first else choice.without_details()))
                for names, _, openers in stages
                for first, opener in _openers(names, openers)
            ),
            return_exceptions=True,
        )
        builds = iter([_raised(one) for one in opened])
        stt, llm = (
            _one(names, [next(builds) for _ in names], work)
            for names, work in ((choice.stt, HEARING), (choice.llm, THINKING))
        )
        tts = _one(choice.tts, [reading_well(build) for build in builds], SPEAKING)
        speeches = PreparedSpeech(tts, sample_rate_hz=choice.sample_rate_hz)
        await stack.enter_async_context(speeches.making())
        for sentence in (*FILLERS, APOLOGY):
            speeches.get(sentence)
        yield OpenProviders(_stt=stt, _llm=llm, _tts=tts, _hearing=hearing, _speeches=speeches)


@asynccontextmanager
async def open_llm(choice: Choice) -> AsyncIterator[Build]:
    """Load the language model alone. Raises ProviderUnavailable."""
    if choice.speech_to_speech:
        raise ProviderUnavailable(f"{choice.speech_to_speech} cannot be asked in writing.")
    for name in choice.llm:
        require_package(name, offers.LLM[name])
    async with AsyncExitStack() as stack:
        builds = [
            await stack.enter_async_context(opener(choice if first else choice.without_details()))
            for first, opener in _openers(choice.llm, LLM)
        ]
        yield _one(choice.llm, builds, THINKING)


def _openers(names: Sequence[str], openers: Mapping[str, Opener]) -> Iterator[tuple[bool, Opener]]:
    for position, name in enumerate(names):
        yield position == 0, openers[name]


def _one(names: Sequence[str], builds: Sequence[Build], work: Work) -> Build:
    """A single provider as it is; several as one that moves on to the next."""
    if len(builds) == 1:
        return builds[0]
    circuits = [Circuit(name) for name in names]
    return lambda: Failover([(build(), circuit) for build, circuit in zip(builds, circuits, strict=True)], work)


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
async def _whisper(choice: Choice) -> AsyncIterator[Build]:
    """Any model of faster-whisper: a folder, or a name, which is downloaded once."""
    engine = await asyncio.to_thread(WhisperEngine.load, choice.stt_model or WHISPER_MODEL)
    try:
        yield lambda: EmbeddedStt(engine, sample_rate_hz=choice.sample_rate_hz)
    finally:
        engine.close()


def _local_voice(load: Callable[[str | None, str | None], Voice]) -> Opener:
    """A voice of our own machine, loaded once for all conversations."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[Build]:
        engine = await asyncio.to_thread(load, choice.tts_model, choice.tts_voice)
        try:
            yield lambda: EmbeddedTts(engine, sample_rate_hz=choice.sample_rate_hz)
        finally:
            engine.close()

    return opened


def _cloud(make: Callable[[Choice], Build]) -> Opener:
    """A provider with nothing to load and nothing to close."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[Build]:
        yield make(choice)

    return opened


def _over_http(make: Callable[[Choice, DefaultAsyncHttpxClient], Build]) -> Opener:
    """What speaks OpenAI's protocol, with the connections that all conversations share."""

    @asynccontextmanager
    async def opened(choice: Choice) -> AsyncIterator[Build]:
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
            c, http, key=c.llm_key or "ollama", model=cloud.OLLAMA_MODEL, url=c.llm_url or cloud.OLLAMA_URL
        )
    ),
    "compatible": _over_http(
        lambda c, http: _like_openai(c, http, key=c.llm_key or "none", model=cloud.OPENAI_MODEL, url=c.llm_url)
    ),
    "anthropic": lambda c: cloud.anthropic_llm(api_key=c.keys["anthropic"], model=c.llm_model),
    "google": _cloud(lambda c: cloud.google_llm(api_key=c.keys["google"], model=c.llm_model)),
    "groq": _over_http(
        lambda c, http: _like_openai(c, http, key=c.keys["groq"], model=cloud.GROQ_MODEL, url=cloud.GROQ_URL)
    ),
    "openai": _over_http(
        lambda c, http: _like_openai(c, http, key=c.keys["openai"], model=cloud.OPENAI_MODEL, url=None)
    ),
}
TTS: Mapping[str, Opener] = {
    "embedded": _local_voice(lambda _model, _voice: HibariEngine.load()),
    "kokoro": _local_voice(KokoroEngine.load),
    "piper": _local_voice(PiperEngine.load),
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
SPEECH_TO_SPEECH: Mapping[str, Callable[[Choice], BuildSpeechToSpeech]] = {
    "openai-realtime": lambda c: cloud.openai_realtime(api_key=c.keys["openai"], model=c.llm_model, voice=c.tts_voice),
}
