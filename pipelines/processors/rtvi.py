"""RTVI as we offer it: what a client may ask for, and errors without what is behind them.

https://docs.pipecat.ai/client/rtvi-standard
"""

from pipecat.frames.frames import Frame, InputTransportMessageFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.processors.frameworks.rtvi import RTVIObserverParams, RTVIProcessor
from pipecat.processors.frameworks.rtvi import models as rtvi
from pydantic import BaseModel, ValidationError

# Pipecat also takes raw-audio (around the byte limit), send-file (fetches any URL), llm-function-call-result
# (puts words into a tool's mouth) and messages of its own user interface.
ALLOWED_TYPES = frozenset({"client-ready", "disconnect-bot", "send-text"})
MAX_TEXT_CHARS = 2_000


def observed() -> RTVIObserverParams:
    """What clients are told about."""
    # user-llm-text would tell what the model reads: the store's facts and instructions, not only what was said;
    # bot-llm-text what it wrote before the figures guard has seen it. What is spoken comes as bot-output.
    return RTVIObserverParams(user_llm_enabled=False, bot_llm_enabled=False)


class Rtvi(RTVIProcessor):
    """Pipecat's processor behind an allow-list, for every door."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass on what is allowed; answer every other message with an error-response."""
        if isinstance(frame, InputTransportMessageFrame) and not _allowed(frame.message):
            await self._refuse(frame.message)
        else:
            await super().process_frame(frame, direction)

    async def push_transport_message(self, model: BaseModel, exclude_none: bool = True) -> None:  # noqa: FBT001, FBT002 - pipecat's signature
        """Send a message; the text of an error is ours, since pipecat's quotes exceptions."""
        if isinstance(model, rtvi.Error):
            model.data.error = "Something went wrong on our side."
        elif isinstance(model, rtvi.ErrorResponse):
            model.data.error = "This message was not understood or is not allowed."
        await super().push_transport_message(model, exclude_none)

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
    return message.type != "send-text" or _is_plain_text(message.data)


def _is_plain_text(data: dict[str, object] | None) -> bool:
    content = data.get("content") if data else None
    if not isinstance(content, str) or len(content) > MAX_TEXT_CHARS or "\0" in content:
        return False
    # A lone surrogate, which JSON can spell, fits neither a tokenizer nor PostgreSQL.
    return not any("\ud800" <= character <= "\udfff" for character in content)
