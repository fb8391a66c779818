"""A model of another company that hears, thinks and speaks at once.

It keeps the conversation itself, and lets us say when the caller's turn begins and ends, so our own turn taking and
barge-in stand. What it is told to say word for word, such as a greeting, is a TTSSpeakFrame, as for every voice; what
the caller types is a TypedFrame.
"""

from dataclasses import dataclass
from typing import Any

from pipecat.frames.frames import DataFrame, Frame, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

# The caller's voice before their turn is granted: the detector's window, and the time in which a barge-in is decided.
LEAD_IN_S = 1.0
WORD_FOR_WORD = "Say exactly these words to the caller, and nothing else: {}"


@dataclass
class TypedFrame(DataFrame):
    """What the caller has typed instead of saying it."""

    text: str


class OpenAIRealtime(OpenAIRealtimeLLMService):
    """One conversation with OpenAI's realtime model (https://platform.openai.com/docs/guides/realtime)."""

    def __init__(self, *, api_key: str, instructions: str, model: str | None, voice: str | None, url: str) -> None:
        self._waiting: list[events.ClientEvent] = []
        hears = events.AudioInput(
            format=events.PCMAudioFormat(), transcription=events.InputAudioTranscription(), turn_detection=False
        )
        speaks = events.AudioOutput(format=events.PCMAudioFormat(), voice=voice)
        properties = events.SessionProperties(
            output_modalities=["audio"], audio=events.AudioConfiguration(input=hears, output=speaks)
        )
        settings = self.Settings(system_instruction=instructions, session_properties=properties)
        if model:
            settings.model = model
        super().__init__(api_key=api_key, base_url=url, settings=settings, user_audio_preroll_secs=LEAD_IN_S)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Say what is to be said, answer what was typed; the rest is pipecat's."""
        match frame:
            case TTSSpeakFrame():
                words = events.ResponseProperties(
                    instructions=WORD_FOR_WORD.format(frame.text), output_modalities=["audio"]
                )
                await self._ask(events.ResponseCreateEvent(response=words))
            case TypedFrame():
                content = [events.ItemContent(type="input_text", text=frame.text)]
                item = events.ConversationItem(type="message", role="user", content=content)
                await self._ask(events.ConversationItemCreateEvent(item=item), events.ResponseCreateEvent())
            case _:
                await super().process_frame(frame, direction)

    async def _ask(self, *asked: events.ClientEvent) -> None:
        if not self._api_session_ready:
            self._waiting.extend(asked)
            return
        for event in asked:
            await self.send_client_event(event)

    async def _handle_context(self, context: LLMContext, direction: FrameDirection) -> None:
        """The model has the conversation already."""

    async def _handle_evt_session_updated(self, evt: Any) -> None:  # noqa: ANN401 - pipecat's signature
        await super()._handle_evt_session_updated(evt)  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        waiting, self._waiting = self._waiting, []
        await self._ask(*waiting)

    async def _connect(self) -> None:
        await super()._connect()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        if self._websocket is None:
            await self.push_error("The model cannot be reached", force_treat_as_permanent=True)

    async def _receive_task_handler(self) -> None:
        # Pipecat stops listening after an error, and says nothing when the line goes dead.
        try:
            await super()._receive_task_handler()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        finally:
            if not self._disconnecting:
                await self.push_error("The model has ended the conversation", force_treat_as_permanent=True)
