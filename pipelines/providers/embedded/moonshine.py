"""Hear with Moonshine tiny (MIT): the weights inside the moonshine-voice wheel, run in plain onnxruntime.

https://github.com/moonshine-ai/moonshine
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipelines.providers.embedded.errors import ModelMissing
from pipelines.providers.embedded.onnx import open_session
from pipelines.providers.embedded.segments import AUDIO_MIN_S, MODEL_RATE_HZ, model_samples

PACKAGE = "moonshine_voice"

_LAYERS, _HEADS, _HEAD_SIZE = 6, 8, 36
_START_TOKEN, _END_TOKEN = 1, 2
# English speech stays well below this; a decoder that exceeds it is repeating itself.
_TOKENS_PER_S_MAX = 6.5
_TOKENS_SPARE = 4

_CACHE_KEYS = [
    f"{layer}.{part}.{kind}" for layer in range(_LAYERS) for part in ("decoder", "encoder") for kind in ("key", "value")
]


class MoonshineEngine:
    """One model for the whole process; its single thread takes one segment at a time, in the order they come."""

    name = "moonshine-tiny"

    def __init__(
        self, *, encoder: onnxruntime.InferenceSession, decoder: onnxruntime.InferenceSession, vocabulary: list[bytes]
    ) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self._vocabulary = vocabulary
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="moonshine")
        self._waiting = 0

    @classmethod
    def load(cls) -> Self:
        """Load the weights (about 0.3 s, 140 MB). Raises ModelMissing where the wheel has none."""
        folder = _assets()
        return cls(
            encoder=open_session(folder / "encoder_model.ort"),
            decoder=open_session(folder / "decoder_model_merged.ort"),
            vocabulary=read_vocabulary((folder / "tokenizer.bin").read_bytes()),
        )

    def close(self) -> None:
        """Finish the segment in hand and let the thread go."""
        self._thread.shutdown(cancel_futures=True)

    @property
    def has_time(self) -> bool:
        """Whether nobody waits for words."""
        return self._waiting == 0

    async def transcribe(self, pcm: bytes, *, sample_rate_hz: int) -> str:
        """Return the words of one stretch of speech, or "" if it is too short to hold any.

        pcm: 16-bit LE mono, best at most SEGMENT_MAX_S seconds: the cost grows faster than the length.
        Cancelled, it leaves the thread to the next within a few hundredths of a second.
        """
        loop = asyncio.get_running_loop()
        unwanted = threading.Event()
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._thread, self._transcribe, pcm, sample_rate_hz, unwanted)
        finally:
            unwanted.set()
            self._waiting -= 1

    def _transcribe(self, pcm: bytes, sample_rate_hz: int, unwanted: threading.Event) -> str:
        samples = model_samples(pcm, sample_rate_hz=sample_rate_hz)
        if len(samples) < AUDIO_MIN_S * MODEL_RATE_HZ:
            return ""
        tokens = self._decode(samples, unwanted)
        words = b"".join(self._vocabulary[token] for token in tokens if token > _END_TOKEN)
        return words.decode(errors="ignore").replace("\N{LOWER ONE EIGHTH BLOCK}", " ").strip()

    def _decode(self, samples: NDArray[np.float32], unwanted: threading.Event) -> list[int]:
        """Pick the likeliest token again and again until the model says it has ended."""
        mask = np.ones((1, len(samples)), np.int64)
        (hidden,) = self._encoder.run(None, {"input_values": samples[None], "attention_mask": mask})
        cache = {f"past_key_values.{key}": np.zeros((1, _HEADS, 0, _HEAD_SIZE), np.float32) for key in _CACHE_KEYS}
        outputs = ["logits", *(f"present.{key}" for key in _CACHE_KEYS)]
        tokens = [_START_TOKEN]
        for step in range(int(len(samples) / MODEL_RATE_HZ * _TOKENS_PER_S_MAX) + _TOKENS_SPARE):
            logits, *present = self._decoder.run(
                outputs,
                {
                    "input_ids": np.array([tokens[-1:]], np.int64),
                    "encoder_hidden_states": hidden,
                    "encoder_attention_mask": mask,
                    "use_cache_branch": np.array([step > 0]),
                    **cache,
                },
            )
            for key, value in zip(_CACHE_KEYS, present, strict=True):
                # What the decoder looks up in the audio is computed at the first step and comes back empty later.
                if step == 0 or "decoder" in key:
                    cache[f"past_key_values.{key}"] = value
            token = int(logits[0, -1].argmax())
            if token == _END_TOKEN or unwanted.is_set():
                break
            tokens.append(token)
        return tokens[1:]


def read_vocabulary(packed: bytes) -> list[bytes]:
    """Return each token's UTF-8 bytes from tokenizer.bin.

    Before each stands its length: one byte, or two (low seven bits first) if bit 7 of the first is set.
    """
    vocabulary = []
    at = 0
    while at < len(packed):
        length = packed[at]
        at += 1
        if length & 0x80:
            length = (length & 0x7F) | packed[at] << 7
            at += 1
        vocabulary.append(packed[at : at + length])
        at += length
    return vocabulary


def _assets() -> Path:
    # Located, not imported: the package loads a native library that this engine has no use for.
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    folder = Path(folders[0], "assets", "tiny-en") if folders else None
    if folder is None or not folder.is_dir():
        raise ModelMissing("moonshine-voice")
    return folder
