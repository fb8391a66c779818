"""Pipecat's OpenAI language model over a client that all conversations share."""

from typing import Any

from openai import AsyncOpenAI
from pipecat.services.openai.base_llm import OpenAILLMSettings
from pipecat.services.openai.llm import OpenAILLMService


class SharedClientLlm(OpenAILLMService):
    """Pipecat would open a client, with a pool of connections, for each conversation, and close none of them."""

    def __init__(self, client: AsyncOpenAI, settings: OpenAILLMSettings) -> None:
        self._shared = client
        super().__init__(settings=settings)

    def create_client(self, *_: Any, **__: Any) -> AsyncOpenAI:  # noqa: ANN401 - pipecat's arguments; none is needed
        """Lend the shared client."""
        return self._shared
