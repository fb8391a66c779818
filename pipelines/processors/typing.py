"""Take what the caller types to a model that keeps the conversation itself."""

from pipecat.frames.frames import Frame, LLMMessagesAppendFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from pipelines.providers.speech_to_speech import TypedFrame


class Typing(FrameProcessor):
    """Sits before whoever writes the caller's words down, who would have the model answer its own copy of them all."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass every frame; the words also to the model."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMMessagesAppendFrame):
            await self.push_frame(frame, direction)
            return
        frame.run_llm = False
        await self.push_frame(frame, direction)
        for message in frame.messages:
            if isinstance(message, dict) and message.get("role") == "user":
                await self.push_frame(TypedFrame(str(message.get("content", ""))), direction)
