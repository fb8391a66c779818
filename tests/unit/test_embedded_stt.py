"""From the VAD's decision to the words, whatever the model does."""

import asyncio

import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TextFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.worker import PipelineParams
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.providers.embedded import moonshine
from pipelines.providers.embedded.errors import ModelMissing
from pipelines.providers.embedded.segments import SEGMENT_MAX_S
from pipelines.providers.embedded.stt import GUESS_EVERY_S, EmbeddedStt, load_ears
from pipelines.providers.embedded.whisper import WhisperEngine

RATE_HZ = 8_000


class SecondsEngine:
    """Hears how many seconds there were; refuses what it was told to refuse."""

    name = "seconds"

    def __init__(self, *, refused_s: float = -1, has_time: bool = False) -> None:
        self._refused_s = refused_s
        self.has_time = has_time

    async def transcribe(self, pcm: bytes, *, sample_rate_hz: int) -> str:
        """Return the whole seconds in `pcm`, or "" if there is none."""
        seconds = len(pcm) // 2 // sample_rate_hz
        await asyncio.sleep(0.02)
        if seconds == self._refused_s:
            raise RuntimeError
        return str(seconds or "")

    def close(self) -> None:
        """Nothing to release."""


def audio(seconds: float) -> InputAudioRawFrame:
    """Silence stands for any audio: the VAD's frames say what is speech."""
    return InputAudioRawFrame(bytes(int(seconds * RATE_HZ) * 2), RATE_HZ, 1)


def said(*seconds: float) -> list[Frame]:
    """Speech in pieces, as the VAD would frame it."""
    return [VADUserStartedSpeakingFrame(), *(audio(s) for s in seconds), VADUserStoppedSpeakingFrame(stop_secs=0.2)]


async def call(engine: SecondsEngine, *frames: Frame) -> tuple[list[TranscriptionFrame], list[ErrorFrame]]:
    """What came out of one call: words downstream, errors upstream."""
    down, up = await run_test(
        EmbeddedStt(engine, sample_rate_hz=RATE_HZ),
        # Audio overtakes the end of the call, so the end has to wait for it.
        frames_to_send=[*frames, SleepFrame(0.1)],
        pipeline_params=PipelineParams(audio_in_sample_rate=RATE_HZ),
    )
    words = [frame for frame in down if isinstance(frame, TranscriptionFrame)]
    return words, [frame for frame in up if isinstance(frame, ErrorFrame)]


async def test_only_speech_is_transcribed() -> None:
    """Hours of silence reach no model; speech does, once, and its words are final."""
    words, _ = await call(SecondsEngine(), audio(60), *said(2), audio(60))
    assert [(frame.text, frame.finalized) for frame in words] == [("2", True)]


async def test_first_part_of_a_long_speech_is_not_final() -> None:
    """The turn does not end on words that more words follow."""
    words, _ = await call(SecondsEngine(), *said(SEGMENT_MAX_S, 2))
    assert [frame.finalized for frame in words] == [False, True]


async def test_noise_without_words_says_nothing() -> None:
    """A sound that the VAD took for speech makes no empty transcript."""
    assert await call(SecondsEngine(), *said(0.4)) == ([], [])


async def test_a_failing_model_does_not_end_the_call() -> None:
    """What the model chokes on is reported without the caller's words, and the next sentence is heard."""
    words, errors = await call(SecondsEngine(refused_s=3), *said(3), *said(2))
    assert [frame.text for frame in words] == ["2"]
    assert [frame.error for frame in errors] == ["What was said could not be transcribed"]


async def test_what_was_said_before_the_end_is_written_down() -> None:
    """A call that ends gracefully keeps its last words."""
    down, _ = await run_test(
        EmbeddedStt(SecondsEngine(), sample_rate_hz=RATE_HZ),
        frames_to_send=[*said(2), SleepFrame(0.001)],
        pipeline_params=PipelineParams(audio_in_sample_rate=RATE_HZ),
    )
    assert [frame.text for frame in down if isinstance(frame, TranscriptionFrame)] == ["2"]


async def guesses(engine: SecondsEngine, *frames: Frame) -> list[Frame]:
    """What was heard while it was said, and at last."""
    down, _ = await run_test(
        EmbeddedStt(engine, sample_rate_hz=RATE_HZ),
        frames_to_send=[*frames, SleepFrame(0.1)],
        pipeline_params=PipelineParams(audio_in_sample_rate=RATE_HZ),
    )
    return [frame for frame in down if isinstance(frame, InterimTranscriptionFrame | TranscriptionFrame)]


def goes_on(*seconds: float) -> list[Frame]:
    """Speech in pieces, with time for the engine after each."""
    pieces = [frame for s in seconds for frame in (audio(s), SleepFrame(0.05))]
    return [VADUserStartedSpeakingFrame(), *pieces, VADUserStoppedSpeakingFrame(stop_secs=0.2)]


async def test_what_is_said_so_far_is_guessed_at() -> None:
    """Whenever it has grown enough; what the caller hears of it as words is only the last of them."""
    heard = await guesses(SecondsEngine(has_time=True), audio(5), *goes_on(1, GUESS_EVERY_S / 2, GUESS_EVERY_S))
    assert [(type(frame), frame.text) for frame in heard if isinstance(frame, TextFrame)] == [
        (InterimTranscriptionFrame, "1"),
        (InterimTranscriptionFrame, "2"),
        (TranscriptionFrame, "2"),
    ]


async def test_a_busy_engine_is_not_asked_to_guess() -> None:
    """Somebody waits for its words, and nobody for a guess."""
    heard = await guesses(SecondsEngine(has_time=False), *goes_on(1, 1))
    assert [type(frame) for frame in heard] == [TranscriptionFrame]


async def test_no_guess_comes_after_the_words() -> None:
    """It would take the words back, as far as the end of the turn is concerned."""
    heard = await guesses(SecondsEngine(has_time=True), *said(1))
    assert [type(frame) for frame in heard] == [TranscriptionFrame]


async def test_a_failing_guess_is_not_worth_a_word() -> None:
    """The words come all the same."""
    heard = await guesses(SecondsEngine(refused_s=1, has_time=True), *goes_on(1, 1))
    assert [type(frame) for frame in heard] == [InterimTranscriptionFrame, TranscriptionFrame]


def test_machines_without_moonshine_hear_with_whisper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no wheel carries Moonshine, Whisper takes its place; where nothing does, the message names the package."""
    monkeypatch.setattr(moonshine, "PACKAGE", "no_such_package")
    with pytest.raises(ModelMissing, match="moonshine-voice"):
        moonshine.MoonshineEngine.load()
    engine = SecondsEngine()
    monkeypatch.setattr(WhisperEngine, "load", lambda: engine)
    assert load_ears() is engine
