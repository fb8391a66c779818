"""Whether a provider on this machine has what it needs; whatever is quickly loaded is loaded."""

from pathlib import Path

from pipelines import offers
from pipelines.providers import ProviderUnavailable
from pipelines.providers.embedded import weights
from pipelines.providers.openers import LLM, STT, TTS, Choice, require_package

STAGES = {"stt": (offers.STT, STT), "llm": (offers.LLM, LLM), "tts": (offers.TTS, TTS)}
# A model by name might be downloaded, and a language model takes seconds and 2 GB.
_LOADED = frozenset({("stt", "embedded"), ("tts", "embedded"), ("tts", "kokoro"), ("tts", "piper")})


async def check_local(stage: str, name: str, choice: Choice) -> None:
    """Find the package, and what a model of this machine is made of. Raises ProviderUnavailable."""
    offered, openers = STAGES[stage]
    require_package(name, offered[name])
    if (stage, name) in _LOADED:
        async with openers[name](choice):
            pass
    elif (stage, name) == ("llm", "embedded"):
        if choice.llm_model is None:
            weights.joined(weights.QWEN_1_5B, choice.data_dir / "models")
        else:
            _require_file(choice.llm_model)


def _require_file(model: str) -> None:
    if not Path(model).is_file():
        raise ProviderUnavailable(f"VOICE_LLM_MODEL: there is no file {model}.")


def space_needed_bytes(choice: Choice) -> int:
    """What the first start will still write below `data_dir`. Raises ProviderUnavailable."""
    carried = weights.QWEN_1_5B
    if "embedded" not in choice.llm or (choice.llm[0] == "embedded" and choice.llm_model):
        return 0
    return 0 if weights.joined(carried, choice.data_dir / "models") else carried.size_bytes
