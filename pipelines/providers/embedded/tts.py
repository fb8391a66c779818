"""Say the assistant's words as they come."""

from collections.abc import AsyncGenerator, Iterator

from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language
from pipecat.utils.tracing.service_decorators import traced_tts

from pipelines.providers.embedded.clauses import ClauseAggregator
from pipelines.providers.embedded.speech import Voice
from pipelines.providers.wishes import USUAL, Manner

# The wire carries 20 ms at a time; five of them at once keep the pipeline's overhead small and barge-in quick.
WIRE_FRAME_MS = 20
AUDIO_FRAME_MS = 100


class EmbeddedTts(TTSService):
    """One conversation's mouth over the shared voice."""

    def __init__(self, engine: Voice, manner: Manner = USUAL, *, sample_rate_hz: int) -> None:
        super().__init__(
            sample_rate=sample_rate_hz,
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model=engine.name, voice=manner.voice or engine.voice, language=Language.EN_US),
        )
        self._engine = engine
        self._manner = manner
        self._text_aggregator = ClauseAggregator()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    def can_generate_metrics(self) -> bool:
        """Report the time to the first audio."""
        return True

    @traced_tts
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Yield `text` as audio, and an error in place of what could not be said."""
        await self.start_tts_usage_metrics(text)
        try:
            async for pcm in self._engine.speak(text, self._manner, sample_rate_hz=self.sample_rate):
                for audio in audio_frames(pcm, sample_rate_hz=self.sample_rate):
                    yield TTSAudioRawFrame(audio, self.sample_rate, 1, context_id=context_id)
        except Exception as e:  # noqa: BLE001 - whatever one sentence does to the model, the call goes on
            yield ErrorFrame("A sentence could not be spoken", exception=e)


def audio_frames(pcm: bytes, *, sample_rate_hz: int) -> Iterator[bytes]:
    """Cut `pcm` (16-bit LE mono) into AUDIO_FRAME_MS; silence fills the last up to a whole WIRE_FRAME_MS."""
    wire_frame = sample_rate_hz * WIRE_FRAME_MS // 1000 * 2
    audio_frame = sample_rate_hz * AUDIO_FRAME_MS // 1000 * 2
    for start in range(0, len(pcm), audio_frame):
        audio = pcm[start : start + audio_frame]
        yield audio + bytes(-len(audio) % wire_frame)
