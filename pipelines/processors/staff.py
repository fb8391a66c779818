"""The store's staff in one conversation: they whisper to the assistant, speak in its place, or let callers hold."""

from collections.abc import Callable
from dataclasses import dataclass

from pipecat.frames.frames import AggregatedTextFrame, Frame, LLMContextFrame, OutputAudioRawFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection

from pipelines.processors.brisk import Step
from pipelines.turns.saying import AnswerMadeFrame

# A connection that stalled and catches up would be heard late for the rest of the call: what is this far behind is left
# out. Unhurried, a chunk comes every 100 ms or so.
MAX_AHEAD_S = 0.6


class StaffLine:
    """What the two processors below share."""

    def __init__(self) -> None:
        self.speaking = False
        # The caller hears music.
        self.on_hold = False
        self._whispers: list[str] = []

    @property
    def quiet(self) -> bool:
        """Whether the assistant has to be."""
        return self.speaking or self.on_hold

    def whisper(self, text: str) -> None:
        """Have the assistant follow it with its next answer."""
        self._whispers.append(text)

    def whispers(self) -> str | None:
        """Take what was whispered since the last answer."""
        told, self._whispers = " ".join(self._whispers), []
        return told or None


@dataclass
class WhisperedFrame(LLMContextFrame):
    """A context to be answered as `whisper` says; `later` keeps it for the next answer instead."""

    whisper: str = ""
    later: Callable[[str], None] = lambda _whisper: None


class Briefing(Step):
    """Stands before the steps that answer: adds what was whispered, and lets nothing be answered while all is quiet."""

    def __init__(self, line: StaffLine) -> None:
        super().__init__()
        self._line = line

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take over each turn of the caller's; everything else passes."""
        await super().process_frame(frame, direction)
        if type(frame) is not LLMContextFrame or direction is FrameDirection.UPSTREAM:
            await self.push_frame(frame, direction)
        elif self._line.quiet:
            # Nobody has to wait for an answer.
            await self.push_frame(AnswerMadeFrame(), FrameDirection.UPSTREAM)
        elif whisper := self._line.whispers():
            await self.push_frame(
                WhisperedFrame(frame.context, speculation=frame.speculation, whisper=whisper, later=self._line.whisper)
            )
        else:
            await self.push_frame(frame)


class Handset(Step):
    """Stands before the output: while staff speaks or music plays, that goes out and the assistant's voice does not."""

    def __init__(self, line: StaffLine, *, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._line = line
        self._monotonic = monotonic
        self._heard_at_s = 0.0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep back what the assistant would say; everything else passes."""
        await super().process_frame(frame, direction)
        if not (self._line.quiet and isinstance(frame, TTSAudioRawFrame | AggregatedTextFrame)):
            await self.push_frame(frame, direction)

    async def say(self, pcm: bytes, sample_rate_hz: int) -> None:
        """Let the caller hear staff or music: 16-bit LE mono."""
        now_s = self._monotonic()
        if self._heard_at_s - now_s > MAX_AHEAD_S:
            return
        self._heard_at_s = max(self._heard_at_s, now_s) + len(pcm) / 2 / sample_rate_hz
        # No speech of the assistant's: nobody has to interrupt it.
        await self.push_frame(OutputAudioRawFrame(pcm, sample_rate_hz, 1))
