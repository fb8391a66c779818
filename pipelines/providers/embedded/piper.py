"""Speak with a Piper voice that the operator has downloaded: one .onnx file with its .onnx.json beside it.

https://github.com/OHF-Voice/piper1-gpl. Its package is GPL-3.0 and therefore never installed by default.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

import soxr

from pipelines.providers import ProviderUnavailable
from pipelines.providers.wishes import USUAL, Manner

if TYPE_CHECKING:
    from piper import AudioChunk, PiperVoice


class PiperEngine:
    """One voice for the whole process; its single thread speaks one sentence at a time."""

    name = "piper"

    def __init__(self, speaker: "PiperVoice", *, voice: str) -> None:
        self.voice = voice
        self._speaker = speaker
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="piper")

    @classmethod
    def load(cls, model: str | None) -> Self:
        """Load the file at `model`; the voice is inside it. Raises ProviderUnavailable."""
        from piper import PiperVoice  # noqa: PLC0415 - installed only where it is chosen

        if model is None or not Path(model).is_file():
            raise ProviderUnavailable("VOICE_PROVIDER_TTS=piper needs VOICE_TTS_MODEL: the .onnx file of a voice.")
        try:
            return cls(PiperVoice.load(model), voice=Path(model).stem)
        except Exception as e:
            raise ProviderUnavailable(f"Piper could not load {model}, see VOICE_TTS_MODEL: {e}") from e

    def close(self) -> None:
        """Finish the sentence in hand and let the thread go."""
        self._thread.shutdown(cancel_futures=True)

    async def speak(self, text: str, manner: Manner = USUAL, *, sample_rate_hz: int) -> AsyncIterator[bytes]:
        """Yield `text` sentence by sentence as 16-bit LE mono PCM at `sample_rate_hz`."""
        from piper import SynthesisConfig  # noqa: PLC0415 - installed only where it is chosen

        loop = asyncio.get_running_loop()
        slower = SynthesisConfig(length_scale=self._speaker.config.length_scale / manner.rate)
        sentences = iter(self._speaker.synthesize(text, slower))
        while pcm := await loop.run_in_executor(self._thread, self._next, sentences, sample_rate_hz):
            yield pcm

    def _next(self, sentences: "Iterator[AudioChunk]", sample_rate_hz: int) -> bytes:
        chunk = next(sentences, None)
        if chunk is None:
            return b""
        resampled: bytes = soxr.resample(chunk.audio_int16_array, chunk.sample_rate, sample_rate_hz).tobytes()
        return resampled
