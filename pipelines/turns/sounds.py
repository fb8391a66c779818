"""Notice that somebody may be speaking, long before VAD is sure of it.

VAD wants `voice_s` of voice and a loudness measured over 400 ms: 0.3 s after a caller's first sound it calls it speech.
To pause, which a false alarm does not harm, the first windows that the voice model takes for a voice are enough.
"""

import math
from dataclasses import dataclass

import numpy as np
from pipecat.audio.vad.vad_analyzer import VADAnalyzer
from pipecat.frames.frames import Frame, InputAudioRawFrame, SystemFrame
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection

# A single window is often a click or a breath.
SOUND_S = 0.09
# Between two syllables it is as quiet for a window or two.
SILENCE_S = 0.12
# What VAD asks for, 0.6 of a scale from -110 to -10 dB, but of one window: -50 dB of full scale.
AUDIBLE_RMS = 100


@dataclass
class SoundFrame(SystemFrame):
    """Somebody may be speaking: `heard` says whether it begins or is over."""

    heard: bool = True


class Sounds(VADAnalyzer):
    """A VAD that tells `sounding` besides. Whoever derives from it shows `note` each window."""

    sounding = False
    _lasts_s = 0.0

    def note(self, confidence: float, window: bytes) -> None:
        """Take a window (16-bit LE mono) and how sure the model is that it holds a voice."""
        samples = np.frombuffer(window, "<i2").astype(np.float32)
        voice = confidence >= self.params.confidence and float(np.sqrt(np.mean(np.square(samples)))) >= AUDIBLE_RMS
        if voice is self.sounding:
            self._lasts_s = 0.0
            return
        self._lasts_s += len(samples) / self.sample_rate
        if self._lasts_s >= (SOUND_S if voice else SILENCE_S):
            self.sounding, self._lasts_s = voice, 0.0


class SoundsAndVoice(VADProcessor):
    """pipecat's VAD processor, which also tells of sounds."""

    def __init__(self, analyzer: Sounds) -> None:
        # Nobody asks whether somebody goes on speaking.
        super().__init__(vad_analyzer=analyzer, speech_activity_period=math.inf, enable_direct_mode=True)
        self._sounds = analyzer
        self._sounding = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Tell of a change after the audio that brought it."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame) and self._sounds.sounding is not self._sounding:
            self._sounding = self._sounds.sounding
            await self.push_frame(SoundFrame(self._sounding))
