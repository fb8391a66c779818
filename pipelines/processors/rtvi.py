"""RTVI as we offer it: what a client may ask for, and errors without what is behind them.

https://docs.pipecat.ai/client/rtvi-standard
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from pipecat.frames.frames import Frame, InputTransportMessageFrame, OutputTransportMessageUrgentFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.processors.frameworks.rtvi import RTVIFunctionCallReportLevel, RTVIObserverParams, RTVIProcessor
from pipecat.processors.frameworks.rtvi import models as rtvi
from pipecat.transports.base_output import BaseOutputTransport
from pydantic import BaseModel, ValidationError

from pipelines.identity import TokenRefused

# Pipecat also takes raw-audio (around the byte limit), send-file (fetches any URL), llm-function-call-result
# (puts words into a tool's mouth) and messages of its own user interface.
ALLOWED_TYPES = frozenset({"client-ready", "disconnect-bot", "send-text", "client-message"})
MAX_TEXT_CHARS = 2_000

# The one client-message: `{"t": "refresh-token", "d": {"token": "…"}}`, a newer access token of the same sign-in.
# It is answered with a server-response, `{"t": "refresh-token", "d": {"expires_at": "…"}}`, or an error-response.
REFRESH_TOKEN = "refresh-token"  # noqa: S105 - no secret
MAX_TOKEN_CHARS = 2_048
RENEW_TIMEOUT_S = 5.0


def observed() -> RTVIObserverParams:
    """What clients are told about."""
    # user-llm-text would tell what the model reads: the store's facts and instructions, not only what was said;
    # bot-llm-text what it wrote before the figures guard has seen it. What is spoken comes as bot-output.
    # Of tools an app needs the name, to show what is going on. Arguments and results may hold more than is ever spoken.
    return RTVIObserverParams(
        user_llm_enabled=False,
        bot_llm_enabled=False,
        function_call_report_level={"*": RTVIFunctionCallReportLevel.NAME},
    )


async def tell(output: BaseOutputTransport, message: dict[str, object]) -> None:
    """Send a server message straight to the client, whatever becomes of the pipeline."""
    body = rtvi.ServerMessage(data=message).model_dump(exclude_none=True)
    await output.send_message(OutputTransportMessageUrgentFrame(body))


class Rtvi(RTVIProcessor):
    """Pipecat's processor behind an allow-list, for every door.

    `output` reaches the client; `renew` prolongs the caller's sign-in.
    """

    def __init__(self, output: BaseOutputTransport, *, renew: Callable[[str], Awaitable[datetime]]) -> None:
        super().__init__()
        self._output = output
        self._renew = renew

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass on what is allowed; answer every other message with an error-response."""
        if isinstance(frame, InputTransportMessageFrame) and not _allowed(frame.message):
            await self._refuse(frame.message)
        elif isinstance(frame, InputTransportMessageFrame) and frame.message["type"] == "client-message":
            # Never further: a token is nobody else's affair.
            await self._take_token(frame.message)
        else:
            await super().process_frame(frame, direction)

    async def push_transport_message(self, model: BaseModel, exclude_none: bool = True) -> None:  # noqa: FBT001, FBT002 - pipecat's signature
        """Send a message; the text of an error is ours, since pipecat's quotes exceptions."""
        if isinstance(model, rtvi.Error):
            model.data.error = "Something went wrong on our side."
        elif isinstance(model, rtvi.ErrorResponse):
            model.data.error = "This message was not understood or is not allowed."
        # Straight to the end: every processor on the way would only pass it on.
        await self._output.send_message(OutputTransportMessageUrgentFrame(model.model_dump(exclude_none=exclude_none)))

    async def _take_token(self, message: dict[str, object]) -> None:
        received = rtvi.ClientMessage(msg_id=str(message["id"]), type=REFRESH_TOKEN)
        try:
            async with asyncio.timeout(RENEW_TIMEOUT_S):
                expires_at = await self._renew(_token(message) or "")
        except (TokenRefused, TimeoutError):
            await self._refuse(message)
        else:
            await self.send_server_response(received, {"expires_at": expires_at.isoformat()})

    async def _refuse(self, message: dict[str, object]) -> None:
        identity = message.get("id")
        data = rtvi.ErrorResponseData(error="")
        await self.push_transport_message(
            rtvi.ErrorResponse(id=identity if isinstance(identity, str) else "", data=data)
        )


def _allowed(body: dict[str, object]) -> bool:
    # Validated here, because pipecat logs what it cannot validate, and nothing that was said belongs in a log.
    try:
        message = rtvi.Message.model_validate(body)
    except ValidationError:
        return False
    if body.get("label") != rtvi.MESSAGE_LABEL or message.type not in ALLOWED_TYPES:
        return False
    match message.type:
        case "send-text":
            return _is_plain_text(message.data)
        case "client-message":
            return _token(body) is not None
        case _:
            return True


def _is_plain_text(data: dict[str, object] | None) -> bool:
    content = data.get("content") if data else None
    if not isinstance(content, str) or len(content) > MAX_TEXT_CHARS or "\0" in content:
        return False
    # A lone surrogate, which JSON can spell, fits neither a tokenizer nor PostgreSQL.
    return not any("\ud800" <= character <= "\udfff" for character in content)


def _token(body: dict[str, object]) -> str | None:
    """The access token in a refresh-token message; None if it is no such message."""
    match body.get("data"):
        case {"t": "refresh-token", "d": {"token": str(token)}} if len(token) <= MAX_TOKEN_CHARS:
            return token
        case _:
            return None
