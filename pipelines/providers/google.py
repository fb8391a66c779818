"""Google's models, over a client that all conversations share.

To make one takes 0.1 s, in which certificates are read: too long for a loop that carries audio, and so for each call.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.genai import Client
from google.genai.types import HttpOptions
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.adapters.llm.services.gemini_adapter import GeminiLLMAdapter
from pipecat.services.google.llm import GoogleLLMService
from pipecat.services.google.llm import GoogleLLMSettings as GoogleLlmSettings

# What JSON Schema has and Google's schemas have not, of the keywords that stores may use.
# https://ai.google.dev/api/caching#Schema
_UNKNOWN = frozenset({"exclusiveMinimum", "exclusiveMaximum"})


@asynccontextmanager
async def opened(*, api_key: str, base_url: str | None = None, timeout_s: float) -> AsyncIterator[Client]:
    """A client for the block."""
    options = HttpOptions(base_url=base_url, timeout=round(timeout_s * 1000))
    client = await asyncio.to_thread(Client, api_key=api_key, http_options=options)
    try:
        yield client
    finally:
        await client.aio.aclose()
        client.close()


class GoogleTools(GeminiLLMAdapter):  # type: ignore[no-untyped-call]  # pipecat leaves __init_subclass__ unannotated
    """Leaves out what Google has no word for, and would refuse: arguments are checked here in any case."""

    def to_provider_tools_format(self, tools_schema: ToolsSchema) -> list[dict[str, Any]]:
        """Return the tools as Google takes them."""
        return [_known(tool) for tool in super().to_provider_tools_format(tools_schema)]


def _known(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    if isinstance(schema, list):
        return [_known(part) for part in schema]
    if isinstance(schema, dict):
        # No property has such a name: see `pipelines.tools.schemas`.
        return {key: _known(value) for key, value in schema.items() if key not in _UNKNOWN}
    return schema


class GoogleLlm(GoogleLLMService):
    """Answers of Gemini, as they come."""

    adapter_class = GoogleTools

    def __init__(self, client: Client, settings: GoogleLlmSettings, *, stream_idle_timeout_s: float) -> None:
        self._shared = client
        super().__init__(api_key="", settings=settings, stream_idle_timeout_secs=stream_idle_timeout_s)

    def create_client(self) -> None:
        """Take the shared one."""
        self._client = self._shared

    async def _close_client(self) -> None:
        """Whoever opened it closes it."""
