"""Read WAV files as audio for the wire, and write what was heard back."""

import struct
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

Samples = npt.NDArray[np.float32]

# Format tags of RIFF/WAVE. https://www.rfc-editor.org/rfc/rfc2361
PCM = 0x0001
IEEE_FLOAT = 0x0003
EXTENSIBLE = 0xFFFE
FORMAT_BYTES = 16
EXTENSIBLE_FORMAT_BYTES = 26

FULL_SCALE = 32767
MAX_FILE_BYTES = 256 * 1024 * 1024
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 384_000

ENERGY_WINDOW_MS = 10
# What is this much quieter than the loudest part of a recording is room, not voice; nor is what nobody can hear.
QUIETEST_VOICE_OF_LOUDEST = 0.03
QUIETEST_VOICE_OF_FULL_SCALE = 0.003


@dataclass
class NotARecording(Exception):
    """A file that cannot be played; `reason` says why, as the end of a sentence."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} {self.reason}"


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate_hz: int
    bits: int


def read_wav(path: Path, *, rate_hz: int) -> bytes:
    """Read a WAV file as 16-bit LE mono at `rate_hz`.

    PCM of 8 to 32 bits and IEEE float of 32 or 64 bits, any rate and number of channels (mixed down).
    A length in the header that is too long, as streams write it, means "to the end". Raises NotARecording.
    """
    try:
        if not path.is_file():
            raise NotARecording(path, "is not a file" if path.exists() else "does not exist")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotARecording(path, f"is larger than {MAX_FILE_BYTES // 1024 // 1024} MB")
        content = path.read_bytes()
    except OSError as error:
        raise NotARecording(path, f"cannot be read: {error.strerror}") from error
    try:
        return _to_wire(*_parse(content), rate_hz=rate_hz)
    except ValueError as error:
        raise NotARecording(path, str(error)) from error


def write_wav(path: Path, pcm: bytes, *, rate_hz: int) -> None:
    """Write 16-bit LE mono as a WAV file. Raises OSError."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm)


def last_voiced_sample(pcm: bytes, *, rate_hz: int) -> int:
    """Return the index behind the last voiced sample of 16-bit LE mono, to ENERGY_WINDOW_MS; 0 if all is silence."""
    return voiced_samples(pcm, rate_hz=rate_hz)[1]


def voiced_samples(pcm: bytes, *, rate_hz: int) -> tuple[int, int]:
    """Return the indices of the first voiced sample and behind the last one; both 0 if all is silence."""
    window = rate_hz * ENERGY_WINDOW_MS // 1000
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
    padded = np.pad(samples, (0, -len(samples) % window)).reshape(-1, window)
    loudness = np.sqrt(np.mean(np.square(padded), axis=1))
    quietest = max(QUIETEST_VOICE_OF_FULL_SCALE, QUIETEST_VOICE_OF_LOUDEST * float(loudness.max(initial=0)))
    voiced = np.flatnonzero(loudness >= quietest)
    if not len(voiced):
        return 0, 0
    return int(voiced[0]) * window, min(len(samples), int(voiced[-1] + 1) * window)


def _parse(content: bytes) -> tuple[_Format, bytes]:
    """Find the format and the samples. Raises ValueError."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError("is not a WAV file")
    sound: _Format | None = None
    for name, body in _chunks(content):
        if name == b"fmt ":
            sound = _format(body)
        elif name == b"data":
            if sound is None:
                raise ValueError("is a broken WAV file: its samples come before their format")
            return sound, body
    raise ValueError("is a WAV file without sound")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        yield name, content[at + 8 : at + 8 + size]
        # Chunks are padded to even lengths.
        at += 8 + size + size % 2


def _format(body: bytes) -> _Format:
    if len(body) < FORMAT_BYTES:
        raise ValueError("is a broken WAV file: its format is cut off")
    tag, channels, rate_hz, _bytes_per_s, _block, bits = struct.unpack_from("<HHIIHH", body)
    if tag == EXTENSIBLE and len(body) >= EXTENSIBLE_FORMAT_BYTES:
        # The real tag is the beginning of the SubFormat's GUID.
        (tag,) = struct.unpack_from("<H", body, 24)
    if (tag, bits) not in _DECODERS:
        raise ValueError(
            f"holds samples that are not supported (format {tag:#06x}, {bits} bits): save it as 16-bit PCM"
        )
    if channels < 1 or not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ValueError(f"is a broken WAV file: {channels} channels at {rate_hz} Hz")
    return _Format(tag, channels, rate_hz, bits)


def _to_wire(sound: _Format, data: bytes, *, rate_hz: int) -> bytes:
    frame_bytes = sound.channels * sound.bits // 8
    whole = data[: len(data) // frame_bytes * frame_bytes]
    if not whole:
        raise ValueError("is a WAV file without sound")
    mono = _DECODERS[sound.tag, sound.bits](whole).reshape(-1, sound.channels).mean(axis=1)
    wire: Samples = soxr.resample(mono, sound.rate_hz, rate_hz)
    return (np.clip(wire, -1, 1) * FULL_SCALE).round().astype("<i2").tobytes()


def _integers(data: bytes, kind: str, full_scale: float) -> Samples:
    return (np.frombuffer(data, dtype=kind) / full_scale).astype(np.float32)


def _pcm8(data: bytes) -> Samples:
    # The only unsigned one: silence is 128.
    return (np.frombuffer(data, dtype="u1").astype(np.float32) - 128) / np.float32(128)


def _pcm24(data: bytes) -> Samples:
    # numpy has no 24-bit integers: put each into the upper bytes of one of 32 bits.
    wide = np.zeros((len(data) // 3, 4), dtype=np.uint8)
    wide[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
    return _integers(wide.tobytes(), "<i4", 2.0**31)


def _float(data: bytes, kind: str) -> Samples:
    # A float may be anything: what is no number becomes silence, and what is too loud is cut off.
    samples = np.nan_to_num(np.frombuffer(data, dtype=kind), nan=0.0, posinf=1.0, neginf=-1.0)
    return np.asarray(np.clip(samples, -1.0, 1.0), dtype=np.float32)


_DECODERS: dict[tuple[int, int], Callable[[bytes], Samples]] = {
    (PCM, 8): _pcm8,
    (PCM, 16): lambda data: _integers(data, "<i2", 2.0**15),
    (PCM, 24): _pcm24,
    (PCM, 32): lambda data: _integers(data, "<i4", 2.0**31),
    (IEEE_FLOAT, 32): lambda data: _float(data, "<f4"),
    (IEEE_FLOAT, 64): lambda data: _float(data, "<f8"),
}
