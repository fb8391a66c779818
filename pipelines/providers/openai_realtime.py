"""OpenAI's model that hears, thinks and speaks at once (https://platform.openai.com/docs/guides/realtime)."""

from typing import Any

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import Frame, TTSSpeakFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

from pipelines.processors.tool_results import ToolSaysFrame
from pipelines.providers.speech_to_speech import LEAD_IN_S, WORD_FOR_WORD, TypedFrame


class OpenAIRealtime(OpenAIRealtimeLLMService):
    """One conversation."""

    def __init__(  # noqa: PLR0913 - all that makes one conversation
        self,
        *,
        api_key: str,
        instructions: str,
        tools: ToolsSchema | None,
        model: str | None,
        voice: str | None,
        url: str,
    ) -> None:
        self._waiting: list[events.ClientEvent] = []
        hears = events.AudioInput(
            format=events.PCMAudioFormat(), transcription=events.InputAudioTranscription(), turn_detection=False
        )
        speaks = events.AudioOutput(format=events.PCMAudioFormat(), voice=voice)
        properties = events.SessionProperties(
            output_modalities=["audio"], audio=events.AudioConfiguration(input=hears, output=speaks), tools=tools
        )
        settings = self.Settings(system_instruction=instructions, session_properties=properties)
        if model:
            settings.model = model
        super().__init__(api_key=api_key, base_url=url, settings=settings, user_audio_preroll_secs=LEAD_IN_S)
        # It begins with nothing said, and pipecat need not wait for that.
        self._context = LLMContext()
        self._llm_needs_conversation_setup = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Say what is to be said, answer what was typed; the rest is pipecat's."""
        match frame:
            case TTSSpeakFrame() | ToolSaysFrame():
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
        # OpenAI refuses a second response while it makes one, such as that which has just called a tool.
        if not self._api_session_ready or self._response_active:
            self._waiting.extend(asked)
            return
        for event in asked:
            await self.send_client_event(event)

    async def _ask_what_waits(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self._ask(*waiting)

    async def _handle_context(self, context: LLMContext, direction: FrameDirection) -> None:  # noqa: ARG002 - pipecat's
        """The model has the conversation already, and what its tools found: it may go on."""
        if direction is FrameDirection.UPSTREAM and self._results_awaiting_response:
            await self._create_response()

    async def _handle_evt_response_done(self, evt: Any) -> None:  # noqa: ANN401 - pipecat's signature
        await super()._handle_evt_response_done(evt)
        await self._ask_what_waits()

    async def _handle_evt_session_updated(self, evt: Any) -> None:  # noqa: ANN401 - pipecat's signature
        await super()._handle_evt_session_updated(evt)  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        await self._ask_what_waits()

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
