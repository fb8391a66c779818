"""What a caller's messages may be, and what they cost."""

import numpy as np
import pytest

from pipelines.limits import BYTES_PER_SAMPLE, EndReason, Limits
from pipelines.transports import wire
from pipelines.transports.judging import Judge

OUR_RATE_HZ = 16_000


def said(judge: Judge, *, rate_hz: int, seconds: float, tone_hz: float = 440) -> bytes:
    """Say a tone in messages of 20 ms; return what the pipeline would hear."""
    times = np.arange(round(rate_hz * seconds)) / rate_hz
    samples = (8_000 * np.sin(2 * np.pi * tone_hz * times)).astype("<i2")
    heard = b""
    for chunk in np.array_split(samples, round(seconds / 0.02)):
        content = judge.judged(wire.encode(wire.Audio(chunk.tobytes(), rate_hz)))
        if content is not None:
            assert isinstance(content, wire.Audio)
            assert (content.sample_rate_hz, content.channels) == (OUR_RATE_HZ, 1)
            heard += content.pcm
    return heard


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_audio_at_other_rates_is_heard_at_ours(rate_hz: int) -> None:
    """As long as it was and as high; a few milliseconds are still inside the filter."""
    heard = np.frombuffer(said(Judge(Limits()), rate_hz=rate_hz, seconds=1), "<i2")
    loudest_hz = np.argmax(np.abs(np.fft.rfft(heard))) * OUR_RATE_HZ / len(heard)

    assert 0.95 * OUR_RATE_HZ <= len(heard) <= OUR_RATE_HZ
    assert loudest_hz == pytest.approx(440, abs=5)


@pytest.mark.parametrize("rate_hz", [0, 7_999, 48_001, 96_000, 2**32 - 1])
def test_rates_that_no_microphone_has_are_refused(rate_hz: int) -> None:
    """Whatever the setting; nothing is computed for them."""
    message = wire.encode(wire.Audio(b"\0" * 640, rate_hz))

    assert Judge(Limits()).judged(message) is EndReason.WRONG_AUDIO


def test_other_rates_are_refused_when_so_configured() -> None:
    """VOICE_AUDIO_OTHER_RATES=refuse."""
    judge = Judge(Limits(resample_other_rates=False))

    assert judge.judged(wire.encode(wire.Audio(b"\0" * 640, 48_000))) is EndReason.WRONG_AUDIO
    assert judge.judged(wire.encode(wire.Audio(b"\0" * 640, OUR_RATE_HZ))) is not None


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_second_costs_the_same_at_every_rate(rate_hz: int) -> None:
    """What may come at once is ten seconds, a little less for the messages themselves."""
    judge, seconds = Judge(Limits(speed=0)), 0.0
    message = wire.encode(wire.Audio(b"\0" * (rate_hz // 4 * BYTES_PER_SAMPLE), rate_hz))
    while judge.judged(message) is not EndReason.TOO_MUCH:
        seconds += 0.25

    assert 9.5 <= seconds <= 10


def test_a_flood_of_one_byte_messages_is_one() -> None:
    """They are no audio and no message; three are enough."""
    judge = Judge(Limits())

    assert [judge.judged(b"\0") for _ in range(3)] == [None, None, EndReason.NOT_UNDERSTOOD]


def test_a_flood_of_empty_audio_is_one() -> None:
    """Each costs something, although it holds nothing."""
    judge = Judge(Limits(speed=0))
    message = wire.encode(wire.Audio(b"", OUR_RATE_HZ))
    verdicts = [judge.judged(message) for _ in range(10_000)]

    assert verdicts[-1] is EndReason.TOO_MUCH
