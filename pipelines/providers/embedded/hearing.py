"""Notice speech (Silero VAD) and the end of a turn (smart-turn v3): one model each for all conversations.

Both models come with pipecat, whose own analyzers load the weights again for every conversation, on the event loop.
"""

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
from pipecat.audio.vad.silero import SileroOnnxModel, SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState

from pipelines.providers.embedded.onnx import open_session
from pipelines.turns.profiles import NORMAL, TurnTaking
from pipelines.turns.sounds import Sounds

_SILERO_PATH = Path(silero.__file__).with_name("data") / "silero_vad.onnx"
_SMART_TURN_PATH = Path(local_smart_turn_v3.__file__).with_name("data") / "smart-turn-v3.2-cpu.onnx"


class EmbeddedHearing:
    """The two shared models, and a fresh pair of analyzers for each conversation."""

    def __init__(
        self, *, silero_session: onnxruntime.InferenceSession, smart_turn_session: onnxruntime.InferenceSession
    ) -> None:
        self._silero = silero_session
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
    """pipecat's analyzer with the weights lent to it, run where it is called.

    A 32 ms window costs about 0.15 ms: less than handing it to a thread and back.
    """

    def __init__(self, session: onnxruntime.InferenceSession, turn_taking: TurnTaking) -> None:
        # Not SileroVADAnalyzer's own __init__, which would load the weights.
        VADAnalyzer.__init__(self, params=VADParams(start_secs=turn_taking.voice_s, stop_secs=turn_taking.pause_s))
        self._model = _LentSilero(session)
        self._windows_since_reset = 0
        self._low_confidence_windows = 0

    def voice_confidence(self, buffer: bytes) -> float:
        """How sure Silero is that a window (16-bit LE mono) holds a voice."""
        confidence = float(np.asarray(super().voice_confidence(buffer)).item())
        self.note(confidence, buffer)
        return confidence

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Return the state after `buffer` (16-bit LE mono, any length)."""
        return self._run_analyzer(buffer)


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


class _LentSilero(SileroOnnxModel):
    """The recurrent state of one conversation; running the session keeps none."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self.session = session
        self.sample_rates = [8000, 16000]
        self.reset_states()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
