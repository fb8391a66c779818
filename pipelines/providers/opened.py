"""Open the providers that were chosen for each stage, and close them with the process.

What there is to open stands in pipelines/providers/openers.py.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.processors.frame_processor import FrameProcessor

from pipelines import offers
from pipelines.prepared import PreparedSpeech
from pipelines.processors.filling import APOLOGY, FILLERS
from pipelines.providers import ProviderUnavailable
from pipelines.providers.cloud import Build, BuildSpeechToSpeech, BuildVoice
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.providers.failover import HEARING, SPEAKING, THINKING
from pipelines.providers.openers import LLM, SPEECH_TO_SPEECH, STT, TTS, BuildT, Choice, require_package
from pipelines.providers.speakable import reading_well
from pipelines.providers.stages import BuildWished, Failed, Stage, not_counted, watched
from pipelines.providers.wishes import HOUSE, NOTHING, Offered, Wishes
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds

OpenedT = TypeVar("OpenedT")


@dataclass(frozen=True, slots=True)
class OpenProviders:
    """Makes the parts of one session. See `pipelines.providers.Providers`."""

    offered: Offered
    _stt: Stage
    _llm: Stage
    _tts: Stage
    _hearing: EmbeddedHearing
    _speeches: PreparedSpeech
    _wishes: Wishes = HOUSE

    def wished(self, wishes: Wishes) -> "OpenProviders":
        """The same as one assistant wishes it."""
        return replace(self, _wishes=self.offered.granted(wishes))

    def stt(self) -> FrameProcessor:
        """A new speech-to-text service."""
        return self._stt.build(self._wishes, first=self._wishes.stt)

    def llm(self) -> FrameProcessor:
        """A new language model service."""
        return self._llm.build(self._wishes, first=self._wishes.llm)

    def tts(self) -> FrameProcessor:
        """A new text-to-speech service."""
        return self._tts.build(self._wishes, first=self._wishes.tts)

    def prepared(self, text: str) -> bytes | None:
        """Speech that was made earlier."""
        return self._speeches.get(text, self._wishes)

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
    # One model has one voice, and the operator chose both.
    offered: Offered = NOTHING

    def wished(self, wishes: Wishes) -> "OpenSpeechToSpeech":
        """The same, whatever an assistant wishes."""
        self.offered.granted(wishes)
        return self

    def model(self, instructions: str, tools: ToolsSchema | None) -> FrameProcessor:
        """A new connection to the model."""
        return self._model(instructions, tools)

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
async def open_providers(
    choice: Choice, *, failed: Failed = not_counted
) -> AsyncIterator[OpenProviders | OpenSpeechToSpeech]:
    """Load what was chosen, once for all sessions; `failed` is told of each failure. Raises ProviderUnavailable."""
    if name := choice.speech_to_speech:
        require_package(name, offers.SPEECH_TO_SPEECH[name])
        async with SPEECH_TO_SPEECH[name](choice) as build:
            hearing = await asyncio.to_thread(EmbeddedHearing.load)
            failing = partial(failed, "speech", name)
            try:
                yield OpenSpeechToSpeech(lambda told, tools: watched(build(told, tools), failing), hearing)
            finally:
                hearing.close()
    else:
        async with _open_stages(choice, failed) as providers:
            yield providers


@asynccontextmanager
async def _open_stages(choice: Choice, failed: Failed) -> AsyncIterator[OpenProviders]:
    for names, offered in ((choice.stt, offers.STT), (choice.llm, offers.LLM), (choice.tts, offers.TTS)):
        for name in names:
            require_package(name, offered[name])
    async with AsyncExitStack() as stack:
        hearing = await asyncio.to_thread(EmbeddedHearing.load)
        stack.callback(hearing.close)
        # Together: the language model loads in a process of its own. Whatever fails, the others are closed.
        opened = await asyncio.gather(
            _opened(choice.stt, STT, choice, stack),
            _opened_llms(choice, stack),
            _opened(choice.tts, TTS, choice, stack),
            return_exceptions=True,
        )
        stt, llm, tts = _raised(opened[0]), _raised(opened[1]), _raised(opened[2])
        speaking = Stage(
            {name: _speaks(build, first=name == choice.tts[0]) for name, build in tts.items()}, SPEAKING, failed=failed
        )
        speeches = PreparedSpeech(
            lambda wishes: speaking.build(wishes, first=wishes.tts), sample_rate_hz=choice.sample_rate_hz
        )
        await stack.enter_async_context(speeches.making())
        for sentence in (*FILLERS, APOLOGY):
            speeches.get(sentence)
        yield OpenProviders(
            offered=Offered(
                stt=choice.stt,
                llm=choice.llm,
                llm_models=choice.llm_models,
                tts=choice.tts,
                voices=choice.tts_voices,
            ),
            _stt=Stage({name: _whatever_is_wished(build) for name, build in stt.items()}, HEARING, failed=failed),
            _llm=Stage(llm, THINKING, failed=failed),
            _tts=speaking,
            _hearing=hearing,
            _speeches=speeches,
        )


@asynccontextmanager
async def open_llm(choice: Choice) -> AsyncIterator[Build]:
    """Load the language model alone. Raises ProviderUnavailable."""
    if choice.speech_to_speech:
        raise ProviderUnavailable(f"{choice.speech_to_speech} cannot be asked in writing.")
    for name in choice.llm:
        require_package(name, offers.LLM[name])
    async with AsyncExitStack() as stack:
        stage = Stage(await _opened_llms(choice, stack), THINKING)
        yield lambda: stage.build(HOUSE, first=None)


async def _opened(
    names: Sequence[str],
    openers: Mapping[str, Callable[[Choice], AbstractAsyncContextManager[BuildT]]],
    choice: Choice,
    stack: AsyncExitStack,
) -> dict[str, BuildT]:
    """The providers of one stage, in the order of the setting; details are the first one's."""
    opened = await asyncio.gather(
        *(
            stack.enter_async_context(openers[name](choice if name == names[0] else choice.without_details()))
            for name in names
        ),
        return_exceptions=True,
    )
    return dict(zip(names, map(_raised, opened), strict=True))


async def _opened_llms(choice: Choice, stack: AsyncExitStack) -> dict[str, BuildWished]:
    """The same for language models, the first provider with all the models that may be wished for."""
    opened = await _opened(choice.llm, LLM, choice, stack)
    models = {
        model: await stack.enter_async_context(LLM[choice.llm[0]](replace(choice, llm_model=model)))
        for model in choice.llm_models
    }
    builds = {name: _whatever_is_wished(build) for name, build in opened.items()}
    usual = opened[choice.llm[0]]
    return {**builds, choice.llm[0]: lambda wishes: models.get(wishes.llm_model or "", usual)()}


def _whatever_is_wished(build: Build) -> BuildWished:
    return lambda _wishes: build()


def _speaks(build: BuildVoice, *, first: bool) -> BuildWished:
    """A voice that reads well, in the manner that is wished for; voices are named by the first provider."""

    def built(wishes: Wishes) -> FrameProcessor:
        manner = wishes.manner if first else replace(wishes.manner, voice=None)
        return reading_well(build(manner))

    return built


def _raised(opened: OpenedT | BaseException) -> OpenedT:
    if isinstance(opened, BaseException):
        raise opened
    return opened
