"""Pipecat's Anthropic language model, which complains when it does not answer in time."""

from typing import Any

from pipecat.services.anthropic.llm import AnthropicLLMService
from pipecat.utils.errors import ErrorCategory


class AnthropicLlm(AnthropicLLMService):
    """Of all models only pipecat's Anthropic tells of a timeout nobody but its own event handlers."""

    async def _call_event_handler(self, event_name: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - pipecat's arguments
        if event_name == "on_completion_timeout":
            await self.push_error("The language model did not answer in time", category=ErrorCategory.CONNECTIVITY)
        await super()._call_event_handler(event_name, *args, **kwargs)
