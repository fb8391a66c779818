"""Keep of an answer that was cut off what was heard of it, to the word.

Pipecat adds a sentence to the conversation once it has been played; of the one that is cut off it keeps nothing, unless
the voice's service tells when each word is spoken.
"""

from dataclasses import dataclass

from pipecat.frames.frames import (
    AggregatedTextFrame,
    CancelFrame,
    Frame,
    InterruptionFrame,
    OutputAudioRawFrame,
    SystemFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.text.base_text_aggregator import TextType

from pipelines.processors.brisk import Step
from pipelines.turns.saying import SayingFrame

# A quick reader: of a sentence that is still being made, rather too little is taken for heard than too much.
# Conversations in English run at 150 words a minute and more, of five letters and a space.
CHARACTERS_PER_S = 15.0


@dataclass
class HeardTextFrame(TTSTextFrame, SystemFrame):
    """The heard part of what was cut off. It must arrive before the interruption, which overtakes data frames."""


@dataclass
class UnheardFrame(SystemFrame):
    """So much of what was sent had not been heard yet when the caller began to speak; comes before the interruption."""

    duration_s: float = 0.0


@dataclass(slots=True)
class _Piece:
    """A sentence or clause on its way from the voice to the caller's ear."""

    text: str
    made_s: float = 0.0
    complete: bool = False

    def heard(self, played_s: float) -> str:
        """The words whose middle had been played after `played_s`."""
        whole_s = self.made_s if self.complete else max(self.made_s, len(self.text) / CHARACTERS_PER_S)
        played = len(self.text) * played_s / whole_s if whole_s else 0.0
        end = 0
        for word in self.text.split():
            start = self.text.index(word, end)
            if start + len(word) / 2 > played:
                break
            end = start + len(word)
        return self.text[:end]


class Heard(Step):
    """Sits between the output, which passes on what it has played, and whoever writes the conversation down."""

    def __init__(self, voice: FrameProcessor) -> None:
        super().__init__()
        self._pieces: dict[int, _Piece] = {}
        self._making: _Piece | None = None
        self._playing: _Piece | None = None
        self._played_s = 0.0
        voice.add_event_handler("on_before_push_frame", self.note_made)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass every frame but audio, which has been played; put what was heard before an interruption and the end."""
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            await self.note_played(frame)
        if not isinstance(frame, OutputAudioRawFrame):
            await self.push_frame(frame, direction)

    async def note_played(self, frame: Frame) -> None:
        """Follow what the output passes on."""
        match frame:
            case TTSTextFrame():
                # Heard to its end, or word by word.
                self._playing = None
            case AggregatedTextFrame() if frame.will_be_spoken:
                self._playing, self._played_s = self._pieces.pop(frame.id, None), 0.0
                await self.push_frame(SayingFrame(frame.text), FrameDirection.UPSTREAM)
            case OutputAudioRawFrame():
                self._played_s += frame.num_frames / frame.sample_rate
            case UnheardFrame(duration_s=duration_s):
                self._played_s = max(0.0, self._played_s - duration_s)
            case InterruptionFrame() | CancelFrame():
                await self._cut()
            case _:
                pass

    def note_made(self, _voice: FrameProcessor, frame: Frame) -> None:
        """Follow what the voice makes."""
        match frame:
            case TTSTextFrame():
                if self._making:
                    self._making.complete = True
            case AggregatedTextFrame() if frame.will_be_spoken:
                self._making = self._pieces[frame.id] = _Piece(frame.text)
            case TTSAudioRawFrame() if self._making:
                self._making.made_s += frame.num_frames / frame.sample_rate
            case InterruptionFrame():
                self._making = None
            case _:
                pass

    async def _cut(self) -> None:
        playing, self._playing = self._playing, None
        self._pieces.clear()
        if playing and (text := playing.heard(self._played_s)):
            heard = HeardTextFrame(text, TextType.SENTENCE)
            heard.will_be_spoken = True
            await self.push_frame(heard)
