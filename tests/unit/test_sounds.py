"""In which pieces a caller's audio goes on, and that no decision loses what led to it."""

from collections.abc import Sequence

from pipecat.frames.frames import Frame, InputAudioRawFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame
from pipecat.tests.utils import run_test

from pipelines.turns.sounds import QUIET_PIECE_S, SoundFrame, SoundsAndVoice
from tests.doubles import CHUNK_S, EnergyVad, tone

RATE_HZ = 16_000


def said(*, quiet_s: float = 0.0, loud_s: float = 0.0) -> list[Frame]:
    """A caller's audio in chunks of 20 ms."""
    levels = [0] * round(quiet_s / CHUNK_S) + [8_000] * round(loud_s / CHUNK_S)
    return [InputAudioRawFrame(tone(seconds=CHUNK_S, rate_hz=RATE_HZ, level=level), RATE_HZ, 1) for level in levels]


async def passed(frames: Sequence[Frame]) -> list[Frame]:
    """What those behind it are given."""
    down, _ = await run_test(SoundsAndVoice(EnergyVad()), frames_to_send=frames)
    return list(down)


def length_s(frame: Frame) -> float:
    """How much of the caller's audio it is."""
    return frame.num_frames / frame.sample_rate if isinstance(frame, InputAudioRawFrame) else 0.0


async def test_silence_goes_on_in_larger_pieces() -> None:
    """And all of it."""
    down = [frame for frame in await passed(said(quiet_s=1.0)) if isinstance(frame, InputAudioRawFrame)]
    lengths_s = [round(length_s(frame), 3) for frame in down]
    assert set(lengths_s[:-1]) == {QUIET_PIECE_S}
    assert round(sum(lengths_s), 3) == 1.0


async def test_a_voice_goes_on_at_once() -> None:
    """Before it is taken for one, so that its beginning is not missing."""
    down = await passed([*said(quiet_s=0.1, loud_s=0.4), *said(quiet_s=0.5)])
    began = next(at for at, frame in enumerate(down) if isinstance(frame, VADUserStartedSpeakingFrame))
    ended = next(at for at, frame in enumerate(down) if isinstance(frame, VADUserStoppedSpeakingFrame))
    # 0.1 s of quiet, and as much of a voice as it takes to be one.
    assert round(sum(map(length_s, down[:began])), 3) == 0.1 + 0.1
    assert {round(length_s(frame), 3) for frame in down[began:ended] if length_s(frame)} == {CHUNK_S}
    assert [frame.heard for frame in down if isinstance(frame, SoundFrame)] == [True, False]
