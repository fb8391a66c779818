"""Behind the language model: speak what a tool says, and bound how often results go back to the model in one turn."""

from dataclasses import dataclass

from pipecat.frames.frames import (
    DataFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection

from pipelines.grounding.answers import Answer, How
from pipelines.processors.brisk import Brisk
from pipelines.processors.figures import GroundsFrame

# One question takes a look-up, and sometimes another with better arguments; a model that wants more turns in circles.
MAX_RETURNS = 3
GIVES_UP = "I'm sorry, I can't find that out just now. I can take a message, if you like."


@dataclass
class ToolSaysFrame(DataFrame):
    """What a tool says, word for word. It goes through the model's service, so that it comes after its last words."""

    text: str


class ToolResults(Brisk):
    """Makes an answer of each ToolSaysFrame, and answers itself when the model asks for too many results."""

    def __init__(self) -> None:
        super().__init__()
        self._returns = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take over what tools say; count what goes up; everything else passes."""
        await super().process_frame(frame, direction)
        match frame:
            case ToolSaysFrame():
                await self._say(frame.text, How.TOOL)
                return
            case LLMContextFrame() if direction is FrameDirection.UPSTREAM:
                self._returns += 1
                if self._returns > MAX_RETURNS:
                    await self._say(GIVES_UP, How.UNKNOWN)
                    return
            case GroundsFrame(more=False) | InterruptionFrame():
                self._returns = 0
            case _:
                pass
        await self.push_frame(frame, direction)

    async def _say(self, text: str, how: How) -> None:
        await self.push_frame(GroundsFrame(None, Answer(text, how), more=True))
        await self.push_frame(LLMFullResponseStartFrame())
        await self.push_frame(LLMTextFrame(text))
        await self.push_frame(LLMFullResponseEndFrame())
