"""Models of this machine that the operator brings: each library loads a file of its own kind, and runs it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.providers import ProviderUnavailable
from pipelines.providers.embedded.kokoro import MODEL_FILE, VOICES_FILE, KokoroEngine
from pipelines.providers.embedded.piper import PiperEngine
from pipelines.providers.embedded.speech import Voice
from pipelines.providers.embedded.whisper import WhisperEngine
from pipelines.providers.wishes import FASTEST, USUAL, Manner
from tests import tiny_models
from tests.doubles import loudness, tone

RATE_HZ = 16_000


async def test_whisper_hears(tmp_path: Path) -> None:
    """A folder is loaded without any network; a breath is too short to hold a word."""
    tiny_models.whisper(tmp_path, word="hydrangea")
    engine = WhisperEngine.load(str(tmp_path))
    try:
        assert await engine.transcribe(tone(seconds=2, rate_hz=RATE_HZ), sample_rate_hz=RATE_HZ) == "hydrangea"
        assert await engine.transcribe(tone(seconds=0.01, rate_hz=RATE_HZ), sample_rate_hz=RATE_HZ) == ""
    finally:
        engine.close()


def piper(folder: Path) -> Voice:
    """A voice that is one file."""
    tiny_models.piper(folder / "hum.onnx")
    return PiperEngine.load(str(folder / "hum.onnx"))


def kokoro(folder: Path) -> Voice:
    """A model, and two voices."""
    tiny_models.kokoro(folder / MODEL_FILE, folder / VOICES_FILE, "af_heart", "bf_emma")
    return KokoroEngine.load(str(folder), None, ("bf_emma",))


@pytest.mark.parametrize("load", [piper, kokoro])
async def test_a_voice_speaks(tmp_path: Path, load: Callable[[Path], Voice]) -> None:
    """At the rate of the line: more for more words, and less when it is to be quick."""
    engine = load(tmp_path)

    async def seconds(text: str, manner: Manner = USUAL, *, rate_hz: int = RATE_HZ) -> float:
        pcm = b"".join([part async for part in engine.speak(text, manner, sample_rate_hz=rate_hz)])
        assert loudness(pcm) > 10_000
        return len(pcm) / 2 / rate_hz

    try:
        usual = await seconds("Good morning.")
        assert await seconds("Good morning.", rate_hz=8_000) == pytest.approx(usual, abs=0.01)
        assert await seconds("Good morning to all of you.") > usual
        assert await seconds("Good morning.", Manner(rate=FASTEST)) == pytest.approx(usual / FASTEST, rel=0.1)
    finally:
        engine.close()


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    """With its setting, by each library; and a voice that the file has not."""
    tiny_models.kokoro(tmp_path / MODEL_FILE, tmp_path / VOICES_FILE, "af_heart")
    with pytest.raises(ProviderUnavailable, match="no voice 'bf_emma'"):
        KokoroEngine.load(str(tmp_path), "bf_emma")
    for name in ("hum.onnx", "hum.onnx.json", "model.bin", MODEL_FILE):
        (tmp_path / name).write_bytes(np.arange(9).tobytes())
    with pytest.raises(ProviderUnavailable, match="VOICE_TTS_MODEL"):
        PiperEngine.load(str(tmp_path / "hum.onnx"))
    with pytest.raises(ProviderUnavailable, match="VOICE_TTS_MODEL"):
        KokoroEngine.load(str(tmp_path), None)
    with pytest.raises(ProviderUnavailable, match="VOICE_STT_MODEL"):
        WhisperEngine.load(str(tmp_path))
