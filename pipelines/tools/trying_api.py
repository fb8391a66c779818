"""…/store/assistants/{id}/tools: the secrets of an assistant's own tools, and a call of one to see whether it works."""

import time
from typing import Annotated, Protocol
from uuid import UUID

from aiohttp import web
from pydantic import Field, JsonValue

from auth.errors import InvalidRequest
from auth.http.asking import asker_of
from auth.http.operations import Answer, Body, answered, gives, path_id, refuses, takes
from auth.principals import StoreId
from pipelines.assistants.content import AssistantContent
from pipelines.assistants.records import AssistantId, AssistantNotFound
from pipelines.assistants.webhook_tools import ToolName
from pipelines.conversations.tool_calls import ToolOutcome
from pipelines.tools import schemas
from pipelines.tools.webhooks import Webhooks


class Draft(Protocol):
    """An assistant as it is edited."""

    @property
    def draft(self) -> AssistantContent:
        """What is not published yet."""


class Drafts(Protocol):
    """Where drafts are found; see pipelines/assistants/editing_queries.py."""

    async def find(self, store_id: StoreId, assistant_id: AssistantId) -> Draft:
        """One of the store's. Raises AssistantNotFound."""


class ToolTried(Body):
    """A tool of the draft, and the arguments that a model might give it."""

    name: ToolName
    arguments: Annotated[dict[str, JsonValue], Field(max_length=schemas.MAX_PROPERTIES)] = Field(default_factory=dict)


class ToolShown(Answer):
    """A tool of the draft. `secret` checks the signatures of what its endpoint is sent; the name decides it."""

    name: str
    url: str
    secret: str


class Tools(Answer):
    """The store's own tools in a draft."""

    tools: list[ToolShown]


class ToolAnswered(Answer):
    """What came of a call: what would be said, or what went wrong."""

    outcome: ToolOutcome
    say: str
    error: str
    took_ms: int


class ToolNotFound(Exception):
    """The draft has no tool of this name."""


class ToolsApi:
    """The handlers; they belong behind `auth.http.asking.require`."""

    def __init__(self, drafts: Drafts, webhooks: Webhooks) -> None:
        self._drafts = drafts
        self._webhooks = webhooks

    @gives(Tools)
    @refuses(AssistantNotFound)
    async def tools(self, request: web.Request) -> web.Response:
        """List the store's own tools in an assistant's draft, with their secrets."""
        assistant_id, draft = await self._draft(request)
        secrets = self._webhooks
        shown = [
            ToolShown(name=tool.name, url=tool.url, secret=secrets.secret(assistant_id, tool.name))
            for tool in draft.own_tools
        ]
        return answered(Tools(tools=shown))

    @takes(ToolTried)
    @gives(ToolAnswered)
    @refuses(AssistantNotFound, ToolNotFound)
    async def call_tool(self, request: web.Request, wanted: ToolTried) -> web.Response:
        """Call a tool of the draft once, as in a conversation; its endpoint gets no `conversation_id`."""
        assistant_id, draft = await self._draft(request)
        tool = next((each.tool() for each in draft.own_tools if each.name == wanted.name), None)
        if tool is None:
            raise ToolNotFound
        problem = schemas.problem(tool.parameters, wanted.arguments)
        if problem:
            raise InvalidRequest(f"arguments: {problem}")
        started_s = time.monotonic()
        answer = await self._webhooks.call(
            tool,
            wanted.arguments,
            store_id=StoreId(asker_of(request).id),
            assistant_id=assistant_id,
            conversation_id=None,
        )
        took_ms = round((time.monotonic() - started_s) * 1000)
        return answered(ToolAnswered(outcome=answer.outcome, say=answer.say, error=answer.error, took_ms=took_ms))

    async def _draft(self, request: web.Request) -> tuple[UUID, AssistantContent]:
        assistant_id = AssistantId(path_id(request, AssistantNotFound))
        found = await self._drafts.find(StoreId(asker_of(request).id), assistant_id)
        return assistant_id, found.draft
