"""Notice speech (Silero VAD) and the end of a turn (smart-turn v3): one model each for all conversations.

Both models come with pipecat, whose own analyzers load the weights again for every conversation, on the event loop.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pipecat.audio.turn.smart_turn import local_smart_turn_v3
from pipecat.audio.turn.smart_turn.base_smart_turn import BaseSmartTurn
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad import silero
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState

from pipelines.providers.embedded.onnx import open_session
from pipelines.providers.embedded.silero import CONTEXT_SAMPLES, Memory, Silero
from pipelines.turns.loudness import Loudness
from pipelines.turns.profiles import NORMAL, TurnTaking
from pipelines.turns.sounds import Sounds

_SILERO_PATH = Path(silero.__file__).with_name("data") / "silero_vad.onnx"
_SMART_TURN_PATH = Path(local_smart_turn_v3.__file__).with_name("data") / "smart-turn-v3.2-cpu.onnx"


class EmbeddedHearing:
    """The two shared models, and a fresh pair of analyzers for each conversation."""

    def __init__(
        self, *, silero_session: onnxruntime.InferenceSession, smart_turn_session: onnxruntime.InferenceSession
    ) -> None:
        self._silero = {rate_hz: Silero(silero_session, rate_hz) for rate_hz in CONTEXT_SAMPLES}
        self._smart_turn = smart_turn_session
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smart-turn")

    @classmethod
    def load(cls) -> Self:
        """Load both models (about 0.1 s, 40 MB)."""
        return cls(silero_session=open_session(_SILERO_PATH), smart_turn_session=open_session(_SMART_TURN_PATH))

    def vad(self, turn_taking: TurnTaking = NORMAL) -> "SharedSilero":
        """Return a voice detector with a state of its own."""
        return SharedSilero(self._silero, turn_taking)

    def turn(self, turn_taking: TurnTaking = NORMAL) -> "SharedSmartTurn":
        """Return an end-of-turn detector with a buffer of its own."""
        return SharedSmartTurn(self._smart_turn, self._thread, finished_at=turn_taking.finished_at)

    def close(self) -> None:
        """Finish the turn in hand and let the thread go."""
        self._thread.shutdown(cancel_futures=True)


class SharedSilero(Sounds, SileroVADAnalyzer):
    """pipecat's analyzer with the weights lent to it: its decisions, whoever judges the windows."""

    def __init__(self, models: Mapping[int, Silero], turn_taking: TurnTaking) -> None:
        # Not SileroVADAnalyzer's own __init__, which would load the weights.
        VADAnalyzer.__init__(self, params=VADParams(start_secs=turn_taking.voice_s, stop_secs=turn_taking.pause_s))
        self._models = models
        self._silero: Silero | None = None
        self._incomplete = bytearray()
        self._confidence = 0.0
        self._windows_since_reset = 0
        self._low_confidence_windows = 0

    def set_sample_rate(self, sample_rate: int) -> None:
        """Begin, at 8 or 16 kHz."""
        super().set_sample_rate(sample_rate)
        self._leave()
        self._silero = self._models[self.sample_rate]
        self._silero.conversations += 1
        self._loudness = Loudness(self.sample_rate)
        # pipecat's rule for when to forget asks its own name for it.
        self._model = self._memory = Memory(self.sample_rate)  # type: ignore[assignment]

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Return the state after `buffer` (16-bit LE mono, any length)."""
        self._incomplete += buffer
        while self._silero and len(self._incomplete) >= self._vad_frames_num_bytes:
            window = bytes(self._incomplete[: self._vad_frames_num_bytes])
            del self._incomplete[: self._vad_frames_num_bytes]
            self._confidence = await self._silero.voice(window, self._memory)
            self._run_analyzer(window)
        return self._vad_state

    def voice_confidence(self, buffer: bytes) -> float:
        """What was judged of the window just now."""
        self._maybe_reset_model(self._confidence)
        self.note(self._confidence, buffer)
        return self._confidence

    def _get_smoothed_volume(self, audio: bytes) -> float:
        self._loudness.hear(audio)
        # Nothing is speech, however loud, that the model does not take for a voice.
        voice = self._confidence >= self._params.confidence
        return float(voice and self._loudness.reaches(self._params.min_volume))

    async def cleanup(self) -> None:
        """The conversation is over."""
        self._leave()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    def _leave(self) -> None:
        if self._silero:
            self._silero.conversations -= 1
            self._silero = None


class SharedSmartTurn(LocalSmartTurnAnalyzerV3):
    """pipecat's analyzer with the weights and the thread lent to it; one turn takes about 40 ms on that thread."""

    def __init__(
        self, session: onnxruntime.InferenceSession, thread: ThreadPoolExecutor, *, finished_at: float
    ) -> None:
        # Not LocalSmartTurnAnalyzerV3's own __init__, which would load the weights.
        BaseSmartTurn.__init__(self)
        self._session = session
        self._thread = thread
        self._log_data = False
        self._finished_at = finished_at

    @property
    def _model_executor(self) -> ThreadPoolExecutor:
        return self._thread

    def _predict_endpoint(self, audio_array: NDArray[np.float32]) -> dict[str, Any]:
        judged = super()._predict_endpoint(audio_array)
        return {**judged, "prediction": int(judged["probability"] > self._finished_at)}
