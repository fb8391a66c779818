"""Two tools for `make eval`, as a store might bring them, and an endpoint that says what it was asked."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from auth.principals import StoreId
from pipelines.answering import StoreAnswering
from pipelines.assistants.records import Assistant
from pipelines.conversations.records import ConversationId
from pipelines.events.signing import Signer
from pipelines.grounding.knowledge import Knowledge
from pipelines.outgoing import Reply
from pipelines.processors.grounding import OnAnswered
from pipelines.tools.desk import Call
from pipelines.tools.messages import InboxUnavailable, Message, MessageId
from pipelines.tools.webhooks import Webhooks, WebhookTool

TOOLS = (
    WebhookTool(
        name="check_order",
        description="Look up how far an order is",
        url="https://shop.example/orders",
        parameters={
            "type": "object",
            "properties": {"order_number": {"type": "string", "description": "the number of the order"}},
            "required": ["order_number"],
        },
        examples=("Where is my order?", "Has my order been sent?"),
    ),
    WebhookTool(
        name="book_visit",
        description="Book a visit to the shop",
        url="https://shop.example/visits",
        parameters={
            "type": "object",
            "properties": {
                "day": {"type": "string", "description": "the day of the visit"},
                "time": {"type": "string", "description": "the time of day"},
            },
            "required": ["day", "time"],
        },
        examples=("I'd like to book a visit.",),
    ),
)


class _Echo:
    """Says the name of the tool and its arguments."""

    async def post(
        self,
        _text: str,
        body: bytes,
        _headers: Mapping[str, str],
        *,
        of: StoreId,  # noqa: ARG002 - there is one store
        timeout_s: float,  # noqa: ARG002 - it answers at once
    ) -> Reply:
        asked = json.loads(body)["data"]
        said = " ".join([asked["tool"], *map(str, asked["arguments"].values())])
        return Reply(HTTPStatus.OK, json.dumps({"say": said}).encode())


class _NoInbox:
    """Nobody leaves a message here."""

    async def keep(self, _message: Message) -> None:
        raise InboxUnavailable("none")

    async def drop(self, _message_id: MessageId) -> None:
        raise InboxUnavailable("none")


def with_tools(
    assistant: Assistant, knowledge: Knowledge, *, now: datetime, on_answered: OnAnswered | None = None
) -> tuple[Assistant, StoreAnswering]:
    """The assistant with these tools and no others, and how it answers."""
    armed = replace(assistant, tools=frozenset(), own_tools=TOOLS)
    call = Call(
        conversation_id=ConversationId(uuid4()),
        store_id=assistant.store_id,
        hang_up=lambda: None,
        wait=lambda: None,
        note=lambda _call: None,
    )
    webhooks = Webhooks(_Echo(), Signer(b""), now=lambda: datetime.now(UTC))
    answering = StoreAnswering(
        armed,
        knowledge,
        now=lambda: now,
        inbox=_NoInbox(),
        call=call,
        webhooks=webhooks,
        on_answered=on_answered,
    )
    return armed, answering
