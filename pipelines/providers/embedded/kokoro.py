"""Speak with Kokoro (Apache-2.0) from files that the operator has downloaded.

https://github.com/thewh1teagle/kokoro-onnx
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import soxr

from pipelines.providers import ProviderUnavailable
from pipelines.providers.wishes import USUAL, Manner

if TYPE_CHECKING:
    from kokoro_onnx import Kokoro

VOICE = "af_heart"
# The names under which its makers publish them.
MODEL_FILE, VOICES_FILE = "kokoro-v1.0.onnx", "voices-v1.0.bin"


class KokoroEngine:
    """One model for the whole process; its single thread speaks one piece of text at a time."""

    name = "kokoro"

    def __init__(self, model: "Kokoro", *, voice: str) -> None:
        self.voice = voice
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kokoro")

    @classmethod
    def load(cls, model: str | None, voice: str | None, others: tuple[str, ...] = ()) -> Self:
        """Load MODEL_FILE and VOICES_FILE from the folder `model`. Raises ProviderUnavailable."""
        from kokoro_onnx import Kokoro  # noqa: PLC0415 - installed only where it is chosen

        folder = Path(model or "")
        missing = [name for name in (MODEL_FILE, VOICES_FILE) if not (folder / name).is_file()]
        if model is None or missing:
            raise ProviderUnavailable(
                f"VOICE_PROVIDER_TTS=kokoro needs VOICE_TTS_MODEL: a folder with {MODEL_FILE} and {VOICES_FILE}."
            )
        try:
            loaded = Kokoro(str(folder / MODEL_FILE), str(folder / VOICES_FILE))
        except Exception as e:
            raise ProviderUnavailable(f"Kokoro could not load {model}, see VOICE_TTS_MODEL: {e}") from e
        chosen = voice or VOICE
        for name in (chosen, *others):
            if name not in loaded.voices:
                raise ProviderUnavailable(f"Kokoro has no voice {name!r}, see VOICE_TTS_VOICE and VOICE_TTS_VOICES.")
        return cls(loaded, voice=chosen)

    def close(self) -> None:
        """Finish the words in hand and let the thread go."""
        self._thread.shutdown(cancel_futures=True)

    async def speak(self, text: str, manner: Manner = USUAL, *, sample_rate_hz: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit LE mono PCM at `sample_rate_hz`."""
        yield await asyncio.get_running_loop().run_in_executor(self._thread, self._say, text, manner, sample_rate_hz)

    def _say(self, text: str, manner: Manner, sample_rate_hz: int) -> bytes:
        samples, rate_hz = self._model.create(text, voice=manner.voice or self.voice, speed=manner.rate)
        audio = soxr.resample(samples, rate_hz, sample_rate_hz)
        pcm: bytes = (np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes()
        return pcm
