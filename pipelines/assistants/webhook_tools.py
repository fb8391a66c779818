"""What a store writes down about a tool of its own, as part of an assistant's content."""

from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from auth.accounts.schemas import NAME_PATTERN
from auth.http.operations import Body, Integer
from pipelines.assistants.records import Tool
from pipelines.outgoing import MAX_URL_CHARS
from pipelines.tools.schemas import NAME, SchemaRefused, check
from pipelines.tools.webhooks import WebhookTool

MAX_TOOLS = 8
MAX_EXAMPLES = 8
LONGEST_TIMEOUT_S = 10

_BUILT_IN = frozenset(Tool)


def _name(name: str) -> str:
    if name in _BUILT_IN:
        raise ValueError("An assistant has a tool of this name already.")
    return name


def _parameters(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        check(schema)
    except SchemaRefused as error:
        raise ValueError(error.reason) from None
    return schema


def _no_parameters() -> dict[str, JsonValue]:
    return {"type": "object", "properties": {}}


def _apart(tools: tuple["OwnTool", ...]) -> tuple["OwnTool", ...]:
    if len({tool.name for tool in tools}) < len(tools):
        raise ValueError("Two of the tools have the same name.")
    return tools


Line = Annotated[str, Field(min_length=1, max_length=200, pattern=NAME_PATTERN)]
ToolName = Annotated[str, Field(pattern=rf"^{NAME.pattern}$"), AfterValidator(_name)]
Parameters = Annotated[dict[str, JsonValue], AfterValidator(_parameters)]


class OwnTool(Body):
    """An https endpoint that the assistant asks when a caller wants what `description` says.

    `parameters` is a JSON Schema of an object, without patterns and references. `examples` are words of callers for
    whom it is meant: with the model that ships, they and the description decide when the tool is thought of.
    `timeout_s` is for all attempts together; the caller waits.
    """

    name: ToolName
    description: Line
    url: Annotated[str, Field(min_length=9, max_length=MAX_URL_CHARS)]
    parameters: Parameters = Field(default_factory=_no_parameters)
    examples: Annotated[tuple[Line, ...], Field(max_length=MAX_EXAMPLES)] = ()
    timeout_s: Annotated[Integer, Field(ge=1, le=LONGEST_TIMEOUT_S)] = 5

    def tool(self) -> WebhookTool:
        """As a conversation has it."""
        return WebhookTool(
            name=self.name,
            description=self.description,
            url=self.url,
            parameters=self.parameters,
            examples=self.examples,
            timeout_s=self.timeout_s,
        )


OwnTools = Annotated[tuple[OwnTool, ...], AfterValidator(_apart), Field(max_length=MAX_TOOLS)]
