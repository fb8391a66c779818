"""Speak with hibari-tts (Apache-2.0): the voice, its dictionary and its weights come inside the package."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, Self

import numpy as np
import soxr
from hibari import Hibari
from hibari.voices import VOICES, voice_path
from numpy.typing import NDArray

from pipelines.providers import ProviderUnavailable
from pipelines.providers.wishes import USUAL, Manner

# The only voice inside the package. The others are files that an operator can put in place: nothing is downloaded here.
VOICE = "heart"
VOICE_RATE_HZ = 24_000

# The voice peaks between 0.2 and 0.4 of full scale (mean level -25 dBFS): lift it to -18 dBFS, as loud as a telephone.
GAIN = 2.2
# Around each sentence the voice leaves some 0.3 s and 0.5 s of digital silence, far below its quietest breath.
SILENCE_LEVEL = 0.001
EDGE_S = 0.02

# What a listener needs after each mark to hear the sentence's shape.
PAUSE_S = {".": 0.25, "?": 0.25, "!": 0.25, "…": 0.25, ":": 0.2, ";": 0.2, "—": 0.12, ",": 0.12}


class Voice(Protocol):
    """A voice on our own machine, shared by all conversations: text in, PCM out, one sentence at a time."""

    @property
    def name(self) -> str:
        """What speaks."""

    @property
    def voice(self) -> str:
        """Whose voice it usually is."""

    def speak(self, text: str, manner: Manner = USUAL, *, sample_rate_hz: int) -> AsyncIterator[bytes]:
        """Yield `text` as 16-bit LE mono PCM at `sample_rate_hz`."""

    def close(self) -> None:
        """Finish the sentence in hand and let the thread go."""


class HibariEngine:
    """The voices of the whole process, by name; a single thread speaks one sentence at a time."""

    name = "hibari"
    voice = VOICE

    def __init__(self, voices: Mapping[str, Hibari]) -> None:
        self._voices = voices
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hibari")

    @classmethod
    def load(cls, others: tuple[str, ...] = ()) -> Self:
        """Load weights and dictionaries (1.2 s), and say a word nobody hears so that the first reply is fast.

        Raises ProviderUnavailable for another voice that is not on this machine.
        """
        voices = {}
        for name in dict.fromkeys((VOICE, *others)):
            try:
                voice = Hibari(voice=name, model=voice_path(name, download_missing=False))
            except (ValueError, FileNotFoundError) as error:
                raise ProviderUnavailable(
                    f"VOICE_TTS_VOICES names {name}, which is not on this machine. Of {', '.join(VOICES)}, it may name "
                    "those that `hibari --voice NAME` has fetched."
                ) from error
            # An invented word wakes the network for words outside the dictionary too.
            voice("Storelinish.")
            voices[name] = voice
        return cls(voices)

    def close(self) -> None:
        """Finish the sentence in hand and let the thread go."""
        self._thread.shutdown(cancel_futures=True)

    async def speak(self, text: str, manner: Manner = USUAL, *, sample_rate_hz: int) -> AsyncIterator[bytes]:
        """Yield `text` sentence by sentence, each with its pause. A text with nothing to say yields a short pause.

        Yields 16-bit LE mono PCM at `sample_rate_hz`. Whoever stops iterating stops the synthesis.
        """
        loop = asyncio.get_running_loop()
        voice = self._voices[manner.voice or VOICE]
        sentences = await loop.run_in_executor(self._thread, voice.phonemize, text)
        for phonemes in sentences or [","]:
            yield await loop.run_in_executor(self._thread, self._say, voice, phonemes, manner.rate, sample_rate_hz)

    def _say(self, voice: Hibari, phonemes: str, rate: float, sample_rate_hz: int) -> bytes:
        # The seed makes the same words sound the same every time.
        speech = trim(voice.from_phonemes(phonemes, speed=rate, seed=0))
        pause = np.zeros(int(PAUSE_S.get(phonemes[-1], 0) / rate * VOICE_RATE_HZ), np.float32)
        audio = np.concatenate([speech, pause])
        if sample_rate_hz != VOICE_RATE_HZ:
            audio = soxr.resample(audio, VOICE_RATE_HZ, sample_rate_hz)
        return (np.clip(audio * GAIN, -1, 1) * 32767).astype("<i2").tobytes()


def trim(speech: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `speech` (at VOICE_RATE_HZ) without the silence at its ends, except EDGE_S seconds on each side."""
    loud = np.flatnonzero(np.abs(speech) > SILENCE_LEVEL)
    if not len(loud):
        return speech[:0]
    edge = int(EDGE_S * VOICE_RATE_HZ)
    return speech[max(loud[0] - edge, 0) : loud[-1] + edge]
