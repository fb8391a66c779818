"""Answer with the language model that runs beside the server."""

from typing import Any

import openai
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk
from pipecat.adapters.llm.services.open_ai_adapter import OpenAILLMInvocationParams
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.utils.errors import ErrorCategory

from pipelines.prompts import RULES, fitted
from pipelines.providers.embedded.llama import LlamaDown, LlamaProcess
from pipelines.providers.openai_llm import SharedClientLlm

MAX_TOKENS = 80
# What follows would be a second paragraph, program code, or the caller's part.
STOP = ("\n\n", "`", "\nCaller:")
APOLOGY = "I'm sorry, I lost my train of thought. Could you say that again in a moment?"


class EmbeddedLlm(SharedClientLlm):
    """One conversation's access to the shared model.

    The context begins with `prompts.opening`. An answer that fails or does not come in time is an apology and an
    error frame; an interruption closes the request, which frees the model for others.
    """

    def __init__(self, llama: LlamaProcess) -> None:
        self._llama = llama
        super().__init__(
            # It knows the address of whichever process is running.
            llama.client,
            self.Settings(
                model=llama.model.name,
                system_instruction=RULES,
                temperature=0.0,
                max_tokens=MAX_TOKENS,
                extra={"stop": list(STOP)},
            ),
        )

    def build_chat_completion_params(self, params_from_context: OpenAILLMInvocationParams) -> dict[str, Any]:
        """Send what the model can take of the conversation."""
        params = super().build_chat_completion_params(params_from_context)
        return {**params, "messages": fitted(params["messages"])}

    async def get_chat_completions(self, context: LLMContext) -> AsyncStream[ChatCompletionChunk]:
        """Ask, or raise LlamaDown at once while the model's process is being restarted."""
        if not self._llama.ready:
            raise LlamaDown
        return await super().get_chat_completions(context)

    async def _process_context(self, context: LLMContext) -> None:
        try:
            await super()._process_context(context)
        except (LlamaDown, openai.APIError) as e:
            # Whatever it was, the next question may fare better: the service stays usable.
            await self.push_error("The language model did not answer", exception=e, category=ErrorCategory.SERVER)
            await self._push_llm_text(APOLOGY)
