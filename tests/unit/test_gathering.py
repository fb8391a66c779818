"""How a voice's audio is gathered: nothing is lost, late, or out of order."""

from collections.abc import Sequence

from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame, TTSStoppedFrame
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.processors.gathering import PIECE_S, Gathering

RATE_HZ = 16_000
CHUNK_S = 0.02


def chunks(count: int, first: int = 0, context: str = "answer") -> list[Frame]:
    """What a service sends: each chunk of another level."""
    samples = round(CHUNK_S * RATE_HZ)
    return [
        TTSAudioRawFrame(number.to_bytes(2, "little") * samples, RATE_HZ, 1, context_id=context)
        for number in range(first, first + count)
    ]


async def passed(frames: Sequence[Frame | SleepFrame]) -> list[Frame]:
    """What comes out behind."""
    down, _ = await run_test(Gathering(), frames_to_send=frames)
    return list(down)


def spoken(frames: Sequence[Frame]) -> list[TTSAudioRawFrame]:
    """The audio among them."""
    return [frame for frame in frames if isinstance(frame, TTSAudioRawFrame)]


async def test_the_first_goes_on_at_once_and_the_rest_in_pieces() -> None:
    """Before whatever comes behind it."""
    sent = chunks(13)
    *audio, stopped = await passed([*sent, TTSStoppedFrame()])
    assert isinstance(stopped, TTSStoppedFrame)
    pieces = spoken(audio)
    per_piece = round(PIECE_S / CHUNK_S)
    assert [round(len(piece.audio) / 2 / RATE_HZ / CHUNK_S) for piece in pieces] == [1, per_piece, per_piece, 2]
    assert b"".join(piece.audio for piece in pieces) == b"".join(chunk.audio for chunk in spoken(sent))


async def test_a_slow_voice_is_not_held_up() -> None:
    """What it has made is heard, though no more of it comes."""
    down = await passed([*chunks(2), SleepFrame(0.2), *chunks(1, first=2)])
    assert [piece.audio[:2] for piece in spoken(down)] == [b"\0\0", b"\1\0", b"\2\0"]


async def test_what_was_interrupted_is_not_heard() -> None:
    """Neither then nor with the next answer."""
    down = await passed([*chunks(3), InterruptionFrame(), SleepFrame(0.05), *chunks(1, first=9), TTSStoppedFrame()])
    assert b"\2\0" not in {piece.audio[:2] for piece in spoken(down)}
    assert spoken(down)[-1].audio[:2] == b"\x09\0"


async def test_two_answers_stay_two() -> None:
    """Whoever counts what belongs to which needs its name."""
    down = await passed([*chunks(3, context="one"), *chunks(2, first=3, context="two"), TTSStoppedFrame()])
    assert [(piece.context_id, piece.audio[:2]) for piece in spoken(down)] == [
        ("one", b"\0\0"),
        ("one", b"\1\0"),
        ("two", b"\3\0"),
    ]
