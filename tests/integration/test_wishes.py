"""What an assistant wishes of the providers: granted as long as it can be had, the house default otherwise."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.providers.failover import Failover
from pipelines.providers.opened import OpenProviders, open_providers
from pipelines.providers.openers import Choice
from pipelines.providers.wishes import HOUSE, Manner, Wishes

CHOICE = Choice(
    stt=("assemblyai", "openai"),
    llm=("openai", "groq"),
    tts=("openai", "deepgram"),
    llm_model="house-model",
    llm_models=("large-model",),
    tts_voice="coral",
    tts_voices=("sage",),
    sample_rate_hz=16_000,
    keys=dict.fromkeys(("assemblyai", "deepgram", "groq", "openai"), "key"),
    data_dir=Path("nowhere"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[OpenProviders]:
    """Two providers for each stage."""
    async with open_providers(CHOICE) as providers:
        assert isinstance(providers, OpenProviders)
        yield providers


def order(service: FrameProcessor) -> list[str]:
    """Who is asked, in this order."""
    assert isinstance(service, Failover)
    return [type(each).__name__ for each in service.services]


def setting(service: FrameProcessor, name: str) -> object:
    """What a service was made with; pipecat has no public way to it."""
    return getattr(service._settings, name)  # type: ignore[attr-defined]  # noqa: SLF001 - see above


def model(service: FrameProcessor) -> object:
    """The model of the first one."""
    assert isinstance(service, Failover)
    return setting(service.services[0], "model")


@pytest.mark.asyncio(loop_scope="module")
async def test_the_wished_provider_is_asked_first(house: OpenProviders) -> None:
    """The others still stand in for it, in the order of the setting."""
    wished = house.wished(Wishes(stt="openai", llm="groq", tts="deepgram"))
    assert order(house.stt()) == ["AssemblyAISTTService", "OpenAISTTService"]
    assert order(wished.stt()) == ["OpenAISTTService", "AssemblyAISTTService"]
    assert model(house.llm()) == "house-model"
    assert model(wished.llm()) != "house-model"
    assert order(wished.tts()) == ["DeepgramTTSService", "OpenAITTSService"]


@pytest.mark.asyncio(loop_scope="module")
async def test_model_voice_and_pace_are_the_assistants(house: OpenProviders) -> None:
    """And nobody else's: the next conversation with the house default has that."""
    wished = house.wished(Wishes(llm_model="large-model", manner=Manner(voice="sage", rate=1.2)))
    assert model(wished.llm()) == "large-model"
    for providers, voice, rate in ((wished, "sage", 1.2), (house, "coral", 1.0)):
        speaks = providers.tts()
        assert isinstance(speaks, Failover)
        first, second = speaks.services
        assert (setting(first, "voice"), setting(first, "speed")) == (voice, rate)
        # A voice is known by its own company only.
        assert setting(second, "voice") not in {"sage", "coral"}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_gone_is_replaced_by_the_house_default(house: OpenProviders) -> None:
    """An operator may take away what an assistant was published with; its callers are answered all the same."""
    wishes = Wishes(
        stt="whisper", llm="anthropic", llm_model="gone", tts="deepgram", manner=Manner(voice="x", rate=0.8)
    )
    assert house.offered.granted(wishes) == Wishes(tts="deepgram", manner=Manner(rate=0.8))
    assert order(house.wished(wishes).stt()) == order(house.wished(HOUSE).stt())
