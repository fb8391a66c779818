"""Recordings: any PCM WAV in, 16-bit mono at the wire rate out."""

import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.caller.recordings import NotARecording, last_voiced_sample, read_wav, write_wav

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
SUBFORMAT_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def tone(*, rate_hz: int, seconds: float = 0.5, hertz: float = 220.0) -> npt.NDArray[np.float64]:
    """A tone at half of full scale."""
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate_hz * seconds)) / rate_hz)


def encoded(samples: npt.NDArray[np.float64], *, tag: int, bits: int) -> bytes:
    """Samples in -1 to 1, as WAV stores them."""
    if tag == FLOAT:
        return samples.astype(f"<f{bits // 8}").tobytes()
    if bits == 8:
        return (samples * 127 + 128).round().astype("u1").tobytes()
    scaled = (samples * (2 ** (bits - 1) - 1)).round().astype("<i4")
    width = bits // 8
    return bytes(scaled.view("u1").reshape(-1, 4)[:, :width].tobytes())


def wav(
    data: bytes,
    *,
    tag: int = PCM,
    bits: int = 16,
    rate_hz: int = 16_000,
    channels: int = 1,
    extensible: bool = False,
    data_size: int | None = None,
) -> bytes:
    """A file with a chunk of odd length in front, which a reader has to skip."""
    block = channels * bits // 8
    fields = struct.pack("<HIIHH", channels, rate_hz, rate_hz * block, block, bits)
    if extensible:
        fields = struct.pack("<H", EXTENSIBLE) + fields + struct.pack("<HHIH", 22, bits, 0, tag) + SUBFORMAT_TAIL
    else:
        fields = struct.pack("<H", tag) + fields
    chunks = (
        b"note" + struct.pack("<I", 3) + b"abc\0",
        b"fmt " + struct.pack("<I", len(fields)) + fields,
        b"data" + struct.pack("<I", len(data) if data_size is None else data_size) + data,
    )
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path to write to."""
    return tmp_path_factory.mktemp("wav") / "recording.wav"


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from([(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)]),
    rate_hz=st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]),
    channels=st.integers(1, 3),
    extensible=st.booleans(),
    wire_hz=st.sampled_from([8_000, 16_000]),
)
def test_every_format_is_heard_alike(
    file: Path, kind: tuple[int, int], rate_hz: int, channels: int, *, extensible: bool, wire_hz: int
) -> None:
    """Whatever the format, rate and number of channels, the same tone reaches the wire."""
    tag, bits = kind
    samples = np.repeat(tone(rate_hz=rate_hz), channels)
    data = encoded(samples, tag=tag, bits=bits)
    file.write_bytes(wav(data, tag=tag, bits=bits, rate_hz=rate_hz, channels=channels, extensible=extensible))

    heard = np.frombuffer(read_wav(file, rate_hz=wire_hz), dtype="<i2") / 32767

    expected = tone(rate_hz=wire_hz)
    assert abs(len(heard) - len(expected)) <= 1
    # The filter rings at both ends.
    middle = slice(200, len(expected) - 200)
    assert np.max(np.abs(heard[middle] - expected[middle])) < 0.02


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200), seal=st.booleans())
def test_any_bytes_are_read_or_refused(file: Path, content: bytes, *, seal: bool) -> None:
    """Nothing but NotARecording ever comes out of a file that is none."""
    file.write_bytes(b"RIFF\0\0\0\0WAVEfmt " + content if seal else content)
    with suppress(NotARecording):
        read_wav(file, rate_hz=16_000)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 200))
def test_a_file_that_breaks_off_is_read_to_its_end(file: Path, cut: int) -> None:
    """A length that is too long, as in a stream or a torn file, means: to the end."""
    data = encoded(tone(rate_hz=16_000), tag=PCM, bits=16)
    file.write_bytes(wav(data, data_size=0xFFFFFFFF)[: -cut or None])
    assert len(read_wav(file, rate_hz=16_000)) == (len(data) - cut) // 2 * 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ID3 this is music", "not a WAV file"),
        (wav(b""), "without sound"),
        (wav(b"\0" * 100, tag=7, bits=8), r"0x0007.*16-bit PCM"),
        (wav(b"\0" * 100, channels=0), "0 channels"),
        (wav(b"\0" * 100, rate_hz=0), "0 Hz"),
    ],
)
def test_what_is_no_recording_is_named(file: Path, content: bytes, reason: str) -> None:
    """The message says what is wrong with the file."""
    file.write_bytes(content)
    with pytest.raises(NotARecording, match=reason):
        read_wav(file, rate_hz=16_000)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    """A folder, and nothing at all."""
    with pytest.raises(NotARecording, match="is not a file"):
        read_wav(tmp_path, rate_hz=16_000)
    with pytest.raises(NotARecording, match="does not exist"):
        read_wav(tmp_path / "nothing.wav", rate_hz=16_000)


def test_floats_that_are_no_numbers_are_silent(file: Path) -> None:
    """Not a number is silence; infinity is as loud as it gets."""
    samples = np.array([np.nan, np.inf, -np.inf, 7.0] * 1000)
    file.write_bytes(wav(samples.astype("<f4").tobytes(), tag=FLOAT, bits=32))
    heard = np.frombuffer(read_wav(file, rate_hz=16_000), dtype="<i2")
    assert list(heard[:4]) == [0, 32767, -32767, 32767]


def test_written_files_can_be_read(tmp_path: Path) -> None:
    """A reply comes back as it was."""
    pcm = encoded(tone(rate_hz=16_000), tag=PCM, bits=16)
    write_wav(tmp_path / "reply.wav", pcm, rate_hz=16_000)
    read = np.frombuffer(read_wav(tmp_path / "reply.wav", rate_hz=16_000), dtype="<i2").astype(int)
    assert np.max(np.abs(read - np.frombuffer(pcm, dtype="<i2"))) <= 1


def test_the_voice_ends_before_the_noise_of_the_room() -> None:
    """The end of speech is where the voice ends, not where the recording does."""
    noise = np.random.default_rng(1).normal(0, 0.001, 8_000)
    samples = np.concatenate([tone(rate_hz=16_000), noise])
    end = last_voiced_sample(encoded(samples, tag=PCM, bits=16), rate_hz=16_000)
    assert abs(end - 8_000) <= 160
    assert last_voiced_sample(bytes(2_000), rate_hz=16_000) == 0
    assert last_voiced_sample(b"", rate_hz=16_000) == 0
