"""Google's model that hears, thinks and speaks at once (https://ai.google.dev/gemini-api/docs/live)."""

from collections import deque

from google.genai import Client
from google.genai.live import AsyncSession
from google.genai.types import LiveConnectConfig, LiveServerMessage
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.adapters.llm.services.gemini_live_adapter import GeminiLiveLLMAdapter
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    Frame,
    LLMFullResponseEndFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    UserStartedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.google.gemini_live.llm import (
    ContextWindowCompressionParams,
    GeminiLiveLLMService,
    GeminiVADParams,
)

from pipelines.processors.tool_results import ToolSaysFrame
from pipelines.providers.google import GoogleTools
from pipelines.providers.speech_to_speech import LEAD_IN_S, WORD_FOR_WORD, TypedFrame
from pipelines.turns.barge_in import FloorIsFreeFrame

HEARD_ONLY = 'The caller has interrupted you. Of what you were saying they have heard only: "{}"'
HEARD_NOTHING = "The caller has interrupted you, and has heard nothing of what you were about to say."


class _LiveTools(GoogleTools, GeminiLiveLLMAdapter):  # type: ignore[no-untyped-call]  # as GoogleTools
    """The tools of a live session."""


class GeminiLive(GeminiLiveLLMService):
    """One conversation.

    It takes what it has sent for heard, which is ahead of the caller's ear, so after an interruption it is told how
    far the caller came. It answers every result of a tool, so words that a tool says are given to it as the result.
    """

    adapter_class = _LiveTools

    def __init__(
        self, *, client: Client, instructions: str, tools: ToolsSchema | None, model: str | None, voice: str | None
    ) -> None:
        self._shared = client
        settings = self.Settings(
            system_instruction=instructions,
            vad=GeminiVADParams(disabled=True),
            # Without it a conversation is over after 15 minutes.
            # https://ai.google.dev/gemini-api/docs/live-session#session-lifetime
            context_window_compression=ContextWindowCompressionParams(enabled=True),
        )
        if model:
            settings.model = model
        if voice:
            settings.voice = voice
        super().__init__(api_key="", settings=settings, tools=tools, user_audio_preroll_secs=LEAD_IN_S)
        # It begins with nothing said, and pipecat need not wait for that.
        self._context = LLMContext()
        self._waiting: deque[str] = deque()
        # Calls of tools that speak for themselves, until their words are there.
        self._held: deque[tuple[str, str]] = deque()
        # Not all that it has said was heard; somebody has interrupted that; and what of it still arrives is stale.
        self._unheard = self._cut_off = self._stale = False
        self._interrupting: UserStartedSpeakingFrame | None = None

    def create_client(self) -> None:
        """Take the shared one."""
        self._client = self._shared

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Say what is to be said, answer what was typed; the rest is pipecat's."""
        match frame:
            case ToolSaysFrame() if self._held:
                call_id, name = self._held.popleft()
                await super()._tool_result(call_id, name, {"result": WORD_FOR_WORD.format(frame.text)})
            case TTSSpeakFrame() | ToolSaysFrame():
                await self._ask(WORD_FOR_WORD.format(frame.text))
            case TypedFrame():
                await self._ask(frame.text)
            case _:
                await super().process_frame(frame, direction)
                if isinstance(frame, BotStoppedSpeakingFrame):
                    self._unheard = False
                elif isinstance(frame, FloorIsFreeFrame):
                    await self._go_on(frame.heard)

    async def _ask(self, text: str) -> None:
        # Whatever it is asked breaks off what it says.
        if not self._session or self._bot_is_responding or self._stale or self._cut_off:
            self._waiting.append(text)
        else:
            await self._create_single_response([{"role": "user", "content": text}])  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    async def _ask_what_waits(self) -> None:
        if self._waiting:
            await self._ask(self._waiting.popleft())

    async def _handle_user_started_speaking(self, frame: UserStartedSpeakingFrame) -> None:
        if self._unheard or self._cut_off:
            self._interrupting = frame
        else:
            await super()._handle_user_started_speaking(frame)  # type: ignore[no-untyped-call]  # as above

    async def _handle_interruption(self) -> None:
        self._stale |= self._bot_is_responding
        self._cut_off |= self._unheard or self._bot_is_responding
        self._unheard = False
        self._held.clear()
        await super()._handle_interruption()  # type: ignore[no-untyped-call]  # as above

    async def _go_on(self, heard: str) -> None:
        """Let the model know what was heard, and then listen to who has interrupted it."""
        if self._cut_off:
            self._cut_off = False
            await self._note(HEARD_ONLY.format(heard) if heard else HEARD_NOTHING)
        if self._interrupting is not None:
            frame, self._interrupting = self._interrupting, None
            await super()._handle_user_started_speaking(frame)  # type: ignore[no-untyped-call]  # as above
        await self._ask_what_waits()

    async def _note(self, text: str) -> None:
        if self._session is None:
            return
        try:
            await self._session.send_client_content(
                turns={"role": "user", "parts": [{"text": text}]}, turn_complete=False
            )
        except Exception as error:  # noqa: BLE001 - as pipecat does with all that it sends
            await self._handle_send_error(error)

    async def _handle_context(self, context: LLMContext, direction: FrameDirection = FrameDirection.DOWNSTREAM) -> None:
        """The model has the conversation already, and what its tools found."""

    async def _tool_result(
        self,
        tool_call_id: str,
        tool_name: str,
        tool_result_message: dict[str, object],
        *,
        is_final: bool = True,
        spoken: bool = True,
    ) -> None:
        if spoken:
            await super()._tool_result(tool_call_id, tool_name, tool_result_message, is_final=is_final)
        else:
            self._held.append((tool_call_id, tool_name))

    async def _handle_server_message(self, message: LiveServerMessage) -> None:
        content = message.server_content
        if content is None:
            await super()._handle_server_message(message)
            return
        over = content.interrupted or content.turn_complete
        # Our turn taking decides who speaks; Google tells of interruptions that there were none, too.
        # https://github.com/pipecat-ai/pipecat/pull/4131
        content.interrupted = None
        if self._stale or self._user_is_speaking:
            content.model_turn = content.output_transcription = None
        self._unheard |= content.model_turn is not None
        await super()._handle_server_message(message)
        if over:
            self._stale = False
            await self._ask_what_waits()

    async def _connect(self, session_resumption_handle: str | None = None) -> None:
        await super()._connect(session_resumption_handle)
        if self._connection_task is None:
            await self.push_error("The model cannot be asked", force_treat_as_permanent=True)

    async def _connection_task_handler(self, config: LiveConnectConfig) -> None:
        # Pipecat says nothing when the first connection fails.
        try:
            await super()._connection_task_handler(config)
        except Exception as error:  # noqa: BLE001 - of Google's client, its websocket, and what Google answers
            await self.push_error("The model cannot be reached", exception=error, force_treat_as_permanent=True)

    async def _handle_session_ready(self, session: AsyncSession) -> None:
        self._session = session
        self._ready_for_realtime_input = True
        await self._ask_what_waits()

    async def _handle_connection_error(self, error: Exception) -> bool:
        """Google ends every connection after ten minutes, and says before how to go on with another one."""
        goes_on = self._session_resumption_handle is not None and await super()._handle_connection_error(error)
        if not goes_on:
            await self.push_error("The model has ended the conversation", force_treat_as_permanent=True)
            return False
        self._stale = False
        if self._bot_is_responding:
            await self._set_bot_is_responding(responding=False)
            await self.push_frame(TTSStoppedFrame())
            await self.push_frame(LLMFullResponseEndFrame())
        return True
