"""Notice that somebody may be speaking, long before VAD is sure of it.

VAD wants `voice_s` of voice and a loudness measured over 400 ms: 0.3 s after a caller's first sound it calls it speech.
To pause, which a false alarm does not harm, the first windows that the voice model takes for a voice are enough.
"""

import math
from dataclasses import dataclass

import numpy as np
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADState
from pipecat.frames.frames import Frame, InputAudioRawFrame, SystemFrame
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection

from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.processors.brisk import Step

# A single window is often a click or a breath.
SOUND_S = 0.09
# Between two syllables it is as quiet for a window or two.
SILENCE_S = 0.12
# What VAD asks for, 0.6 of a scale from -110 to -10 dB, but of one window: -50 dB of full scale.
AUDIBLE_RMS = 100
# Five windows of the voice model.
QUIET_PIECE_S = 0.16


@dataclass
class SoundFrame(SystemFrame):
    """Somebody may be speaking: `heard` says whether it begins or is over."""

    heard: bool = True


class Sounds(VADAnalyzer):
    """A VAD that tells `sounding` besides. Whoever derives from it shows `note` each window."""

    sounding = False
    _lasts_s = 0.0

    @property
    def quiet(self) -> bool:
        """Whether nothing that was heard last may be a voice."""
        return self._vad_state is VADState.QUIET and not self.sounding and not self._lasts_s

    def note(self, confidence: float, window: bytes) -> None:
        """Take a window (16-bit LE mono) and how sure the model is that it holds a voice."""
        voice = confidence >= self.params.confidence and _rms(window) >= AUDIBLE_RMS
        if voice is self.sounding:
            self._lasts_s = 0.0
            return
        self._lasts_s += len(window) / BYTES_PER_SAMPLE / self.sample_rate
        if self._lasts_s >= (SOUND_S if voice else SILENCE_S):
            self.sounding, self._lasts_s = voice, 0.0


def _rms(window: bytes) -> float:
    return float(np.sqrt(np.mean(np.square(np.frombuffer(window, "<i2").astype(np.float32)))))


class SoundsAndVoice(Step, VADProcessor):
    """pipecat's VAD processor, which also tells of sounds.

    While all is quiet, audio goes on in pieces of QUIET_PIECE_S: nobody behind decides anything by it. From the first
    window on that may hold a voice, and until it is over, each goes on at once.
    """

    def __init__(self, analyzer: Sounds) -> None:
        # Nobody asks whether somebody goes on speaking.
        super().__init__(vad_analyzer=analyzer, speech_activity_period=math.inf)
        self._sounds = analyzer
        self._sounding = False
        self._held = bytearray()
        self._held_as = (0, 0)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Judge audio; pass everything else."""
        if isinstance(frame, InputAudioRawFrame):
            await self._hear(frame)
        else:
            await VADProcessor.process_frame(self, frame, direction)

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        """Let go first what was held back before."""
        if direction is FrameDirection.DOWNSTREAM and not isinstance(frame, InputAudioRawFrame):
            await self._let_go()
        await super().push_frame(frame, direction)

    async def _hear(self, frame: InputAudioRawFrame) -> None:
        if self._sounds.quiet:
            self._held += frame.audio
            self._held_as = (frame.sample_rate, frame.num_channels)
            if len(self._held) >= QUIET_PIECE_S * frame.sample_rate * BYTES_PER_SAMPLE:
                await self._let_go()
        else:
            await self._let_go()
            await self.push_frame(frame)
        await self._vad_controller.process_frame(frame)
        if not self._sounds.quiet:
            await self._let_go()
        if self._sounds.sounding is not self._sounding:
            # After the audio that brought it.
            self._sounding = self._sounds.sounding
            await self.push_frame(SoundFrame(self._sounding))

    async def _let_go(self) -> None:
        if self._held:
            audio, self._held = bytes(self._held), bytearray()
            await self.push_frame(InputAudioRawFrame(audio, *self._held_as))
