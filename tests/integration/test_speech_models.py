"""The real models on real speech: what is said is heard, what is written is said."""

import asyncio
import re
import wave
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec

import jiwer
import numpy as np
import pytest
import soxr
from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADState
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    ErrorFrame,
    InputAudioRawFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import TurnMetricsData
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.providers import ProviderUnavailable
from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.providers.embedded.moonshine import MoonshineEngine
from pipelines.providers.embedded.segments import SpeechBuffer
from pipelines.providers.embedded.silero import FEW
from pipelines.providers.embedded.speech import HibariEngine
from pipelines.providers.embedded.stt import EmbeddedStt
from pipelines.providers.embedded.tts import EmbeddedTts
from pipelines.providers.speakable import reading_well
from pipelines.providers.wishes import FASTEST, SLOWEST, Manner
from pipelines.turns.sounds import SoundFrame
from tests.floor import Floor
from tests.recordings import BECKETT, TWO_CITIES, packaged

pytestmark = [
    pytest.mark.models,
    pytest.mark.xdist_group("models"),
    pytest.mark.skipif(find_spec("moonshine_voice") is None, reason="the Moonshine wheel serves Linux on x86-64 only"),
]


def recording(name: str, *, sample_rate_hz: int) -> bytes:
    """A person's recording, as 16-bit mono PCM."""
    with wave.open(str(packaged(name))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return resampled(samples, file.getframerate(), sample_rate_hz)


def resampled(samples: np.ndarray, from_hz: int, to_hz: int) -> bytes:
    """16-bit PCM at another rate."""
    return bytes(soxr.resample(samples, from_hz, to_hz).astype(np.int16).tobytes())


def word_error_rate(reference: str, heard: str) -> float:
    """The share of wrong words, without regard to case and marks."""
    said, written = (" ".join(re.findall(r"[a-z']+", text.lower())) for text in (reference, heard))
    return float(jiwer.wer(said, written))


def frames_of(pcm: bytes, *, sample_rate_hz: int) -> Iterator[bytes]:
    """`pcm` in 20 ms."""
    size = sample_rate_hz // 50 * 2
    return (pcm[start : start + size] for start in range(0, len(pcm) - size + 1, size))


@pytest.fixture(scope="module")
def ear() -> Iterator[MoonshineEngine]:
    """The STT engine."""
    engine = MoonshineEngine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def voice() -> Iterator[HibariEngine]:
    """The TTS engine."""
    engine = HibariEngine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def hearing() -> Iterator[EmbeddedHearing]:
    """The VAD and turn models."""
    models = EmbeddedHearing.load()
    yield models
    models.close()


@pytest.mark.parametrize(
    ("name", "reference", "sample_rate_hz", "limit"),
    [
        ("beckett.wav", BECKETT, 16_000, 0.1),
        ("beckett.wav", BECKETT, 8_000, 0.2),
        ("two_cities.wav", TWO_CITIES, 16_000, 0.1),
        ("two_cities.wav", TWO_CITIES, 8_000, 0.15),
    ],
)
async def test_recorded_speech_is_understood(
    ear: MoonshineEngine, name: str, reference: str, sample_rate_hz: int, limit: float
) -> None:
    """People's recordings are written down nearly word for word, also when longer than one segment."""
    speech = SpeechBuffer(sample_rate_hz=sample_rate_hz)
    speech.start()
    pcm = recording(name, sample_rate_hz=sample_rate_hz)
    segments = [part for frame in frames_of(pcm, sample_rate_hz=sample_rate_hz) if (part := speech.append(frame))]
    segments.append(speech.stop())
    heard = [await ear.transcribe(segment, sample_rate_hz=sample_rate_hz) for segment in segments]
    assert word_error_rate(reference, " ".join(heard)) <= limit


async def test_the_voice_keeps_the_pace_that_is_wished_for(voice: HibariEngine) -> None:
    """The same words, slower and faster by about as much."""
    seconds = {}
    for rate in (SLOWEST, 1.0, FASTEST):
        spoken = voice.speak("Our ferns are on the left, behind the roses.", Manner(rate=rate), sample_rate_hz=16_000)
        seconds[rate] = sum([len(part) async for part in spoken]) / 32_000
    assert [seconds[1.0] / seconds[rate] for rate in (SLOWEST, FASTEST)] == pytest.approx([SLOWEST, FASTEST], rel=0.1)


def test_a_voice_that_is_not_here_is_not_fetched() -> None:
    """Nothing is downloaded at run time: the start ends with what to do."""
    with pytest.raises(ProviderUnavailable, match="VOICE_TTS_VOICES names nobody"):
        HibariEngine.load(("nobody",))


async def test_a_click_has_no_words(ear: MoonshineEngine) -> None:
    """Audio too short to hold a word is not guessed at."""
    assert await ear.transcribe(recording("beckett.wav", sample_rate_hz=16_000)[:3_000], sample_rate_hz=16_000) == ""


async def vad_states(analyzer: VADAnalyzer, pcm: bytes, *, sample_rate_hz: int) -> AsyncIterator[VADState]:
    """The analyzer's state after each 20 ms of `pcm`."""
    analyzer.set_sample_rate(sample_rate_hz)
    for frame in frames_of(pcm, sample_rate_hz=sample_rate_hz):
        yield await analyzer.analyze_audio(frame)
    await analyzer.cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated


@pytest.mark.parametrize("sample_rate_hz", [8_000, 16_000])
async def test_shared_vad_decides_as_pipecat_does(hearing: EmbeddedHearing, sample_rate_hz: int) -> None:
    """Sharing the weights changes no decision, even while two conversations take turns on them."""
    beckett = recording("beckett.wav", sample_rate_hz=sample_rate_hz)
    cities = recording("two_cities.wav", sample_rate_hz=sample_rate_hz)[: len(beckett)]
    one = vad_states(hearing.vad(), beckett, sample_rate_hz=sample_rate_hz)
    other = vad_states(hearing.vad(), cities, sample_rate_hz=sample_rate_hz)
    shared = [(state, await anext(other)) async for state in one]
    stock_one = vad_states(SileroVADAnalyzer(), beckett, sample_rate_hz=sample_rate_hz)
    stock_other = vad_states(SileroVADAnalyzer(), cities, sample_rate_hz=sample_rate_hz)
    assert shared == [(state, await anext(stock_other)) async for state in stock_one]
    assert {VADState.QUIET, VADState.SPEAKING} <= {state for state, _ in shared}


async def test_windows_judged_together_are_judged_alike(hearing: EmbeddedHearing) -> None:
    """What many say at once is judged in one run of the model, and no decision is another one."""
    beckett = recording("beckett.wav", sample_rate_hz=16_000)
    speeches = [beckett[start : start + 96_000] for start in range(0, 8 * (FEW + 2) * 1_000, 8_000)]

    async def states(analyzer: VADAnalyzer, pcm: bytes) -> list[VADState]:
        return [state async for state in vad_states(analyzer, pcm, sample_rate_hz=16_000)]

    together = await asyncio.gather(*(states(hearing.vad(), pcm) for pcm in speeches))
    assert together == [await states(SileroVADAnalyzer(), pcm) for pcm in speeches]
    assert VADState.SPEAKING in together[0]


async def turn_probability(analyzer: BaseTurnAnalyzer, pcm: bytes, *, sample_rate_hz: int) -> float:
    """How sure the analyzer is that a caller who has said `pcm` has finished."""
    analyzer.set_sample_rate(sample_rate_hz)
    for frame in frames_of(pcm, sample_rate_hz=sample_rate_hz):
        analyzer.append_audio(frame, is_speech=True)
    _, result = await analyzer.analyze_end_of_turn()
    await analyzer.cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
    assert isinstance(result, TurnMetricsData)
    return result.probability


async def test_shared_turn_model_decides_as_pipecat_does(hearing: EmbeddedHearing) -> None:
    """Sharing the weights and the thread changes no probability, and one call's end leaves the others their thread."""
    beckett = recording("beckett.wav", sample_rate_hz=16_000)
    speeches = (beckett, beckett[: len(beckett) // 2], recording("two_cities.wav", sample_rate_hz=16_000)[:160_000])
    shared = await asyncio.gather(*(turn_probability(hearing.turn(), pcm, sample_rate_hz=16_000) for pcm in speeches))
    stock = [await turn_probability(LocalSmartTurnAnalyzerV3(), pcm, sample_rate_hz=16_000) for pcm in speeches]
    assert shared == pytest.approx(stock, abs=1e-4)


async def heard_in_call(ear: MoonshineEngine, hearing: EmbeddedHearing, pcm: bytes) -> list[TranscriptionFrame]:
    """What one call's pipeline writes down of `pcm` at 16 kHz."""
    audio = [InputAudioRawFrame(frame, 16_000, 1) for frame in frames_of(pcm + bytes(32_000), sample_rate_hz=16_000)]
    down, _ = await run_test(
        Pipeline([VADProcessor(vad_analyzer=hearing.vad()), EmbeddedStt(ear, sample_rate_hz=16_000)]),
        # Audio overtakes the end of the call, so the end has to wait for it.
        frames_to_send=[*audio, SleepFrame(1.0)],
        pipeline_params=PipelineParams(audio_in_sample_rate=16_000),
    )
    return [frame for frame in down if isinstance(frame, TranscriptionFrame)]


async def test_calls_do_not_mix(ear: MoonshineEngine, hearing: EmbeddedHearing) -> None:
    """Two callers at once on the shared models are each written down for themselves, to the last word."""
    cities = recording("two_cities.wav", sample_rate_hz=16_000)[: 16_000 * 2 * 19]
    beckett, dickens = await asyncio.gather(
        heard_in_call(ear, hearing, recording("beckett.wav", sample_rate_hz=16_000)),
        heard_in_call(ear, hearing, cities),
    )
    assert word_error_rate(BECKETT, " ".join(frame.text for frame in beckett)) <= 0.25
    assert word_error_rate(TWO_CITIES.partition("we had")[0], " ".join(frame.text for frame in dickens)) <= 0.25
    assert beckett[-1].finalized
    assert dickens[-1].finalized


@pytest.mark.parametrize("sample_rate_hz", [8_000, 16_000])
async def test_what_is_written_is_said(ear: MoonshineEngine, voice: HibariEngine, sample_rate_hz: int) -> None:
    """A reply, token by token, is spoken so that it can be understood, and recorded as it was written."""
    reply = "Yes, we open at 9am on **Monday**. A large coffee costs $4.50, and oat milk is free."
    down, up = await run_test(
        reading_well(EmbeddedTts(voice, sample_rate_hz=sample_rate_hz)),
        frames_to_send=[
            LLMFullResponseStartFrame(),
            *(LLMTextFrame(token) for token in re.findall(r"\s?\S{1,3}", reply)),
            LLMFullResponseEndFrame(),
        ],
        pipeline_params=PipelineParams(audio_out_sample_rate=sample_rate_hz),
    )
    assert not [frame for frame in up if isinstance(frame, ErrorFrame)]
    assert " ".join(frame.text for frame in down if isinstance(frame, TTSTextFrame)) == reply
    audio = [frame for frame in down if isinstance(frame, TTSAudioRawFrame)]
    assert {frame.sample_rate for frame in audio} == {sample_rate_hz}
    pcm = b"".join(frame.audio for frame in audio)
    heard = (await ear.transcribe(pcm, sample_rate_hz=sample_rate_hz)).lower()
    assert {"open", "monday", "large", "coffee", "oat", "milk", "free"} <= set(re.findall(r"[a-z]+", heard))


async def test_speech_is_loud_and_begins_at_once(voice: HibariEngine) -> None:
    """A sentence neither clips nor whispers, and no silence stands before its first word."""
    (pcm,) = [part async for part in voice.speak("How can I help you today?", sample_rate_hz=16_000)]
    samples = np.abs(np.frombuffer(pcm, np.int16).astype(np.int32))
    assert 8_000 < samples.max() < 32_767
    assert samples[: 16_000 // 20].max() > 100


async def test_every_text_makes_a_sound(voice: HibariEngine) -> None:
    """A text without words still yields a pause: pipecat takes a service that stays silent for broken."""
    assert [part async for part in voice.speak("\N{SMILING FACE WITH SMILING EYES}", sample_rate_hz=8_000)]


async def floor_after(pcm: bytes, ear: MoonshineEngine, hearing: EmbeddedHearing) -> list[str]:
    """What BargeIn does about `pcm` (16 kHz) spoken over the assistant, with half a second of silence on both sides."""
    floor, speech = Floor(), SpeechBuffer(sample_rate_hz=16_000)
    await floor.hear(BotStartedSpeakingFrame())
    frames = list(frames_of(bytes(16_000) + pcm + bytes(32_000), sample_rate_hz=16_000))
    speaking, vad, sounding = False, hearing.vad(), False
    vad.set_sample_rate(16_000)
    for frame in frames:
        speech.append(frame)
        state = await vad.analyze_audio(frame)
        if state is VADState.SPEAKING and not speaking:
            speech.start()
            await floor.hear(VADUserStartedSpeakingFrame())
        elif state is VADState.QUIET and speaking:
            words = await ear.transcribe(speech.stop(), sample_rate_hz=16_000)
            await floor.hear(VADUserStoppedSpeakingFrame(), TranscriptionFrame(words, "", ""))
        speaking = state in {VADState.SPEAKING, VADState.STOPPING}
        if vad.sounding is not sounding:
            sounding = vad.sounding
            await floor.hear(SoundFrame(sounding))
        await floor.hear(InputAudioRawFrame(frame, 16_000, 1))
    return floor.did


@pytest.mark.parametrize(
    ("said", "did"),
    [
        ("Mm-hmm.", ["pause", "resume"]),
        ("Uh-huh.", ["pause", "resume"]),
        ("Yeah.", ["pause", "resume"]),
        ("Wait, what about Sunday?", ["pause", "turn"]),
        ("No, stop.", ["pause", "turn"]),
    ],
)
async def test_who_speaks_over_the_assistant(
    ear: MoonshineEngine, hearing: EmbeddedHearing, voice: HibariEngine, said: str, did: list[str]
) -> None:
    """Whoever only listens aloud does not end the sentence; words do."""
    pcm = b"".join([part async for part in voice.speak(said, sample_rate_hz=16_000)])
    assert (await floor_after(pcm, ear, hearing))[:2] == did


async def test_a_cough_does_not_end_the_sentence(ear: MoonshineEngine, hearing: EmbeddedHearing) -> None:
    """Two bursts of noise, a tenth of a second each and as loud as speech."""
    noise = np.random.default_rng(0).normal(0, 5_000, 1_600)
    burst = (noise * np.exp(-np.arange(1_600) / 400)).astype(np.int16).tobytes()
    assert "turn" not in await floor_after(burst + bytes(3_200) + burst, ear, hearing)
