"""A store's own tool: its endpoint on a real socket, on good days and bad ones."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from auth.principals import StoreId
from pipelines import outgoing
from pipelines.conversations.tool_calls import ToolOutcome
from pipelines.events.signing import Signer
from pipelines.tools.webhooks import MAX_SAID_CHARS, WebhookAnswer, Webhooks
from tests.companies import company
from tests.integration.test_webhooks import signed_by
from tests.shop import CHECK_ORDER

STORE_ID, ASSISTANT_ID, CONVERSATION_ID = StoreId(UUID(int=4)), UUID(int=1), UUID(int=2)
ARGUMENTS = {"order_number": "4512"}
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asking:
    """The way to an endpoint of the store's, from a machine in development, which may call itself."""

    webhooks: Webhooks
    url: str

    async def call(self, *, timeout_s: float = 5.0, url: str | None = None) -> WebhookAnswer:
        """Ask for an order."""
        tool = replace(CHECK_ORDER, url=url or self.url, timeout_s=timeout_s)
        return await self.webhooks.call(
            tool, ARGUMENTS, store_id=STORE_ID, assistant_id=ASSISTANT_ID, conversation_id=CONVERSATION_ID
        )


@asynccontextmanager
async def asking(endpoint: Endpoint) -> AsyncIterator[Asking]:
    """Run the endpoint for the block."""
    async with company(endpoint) as url, outgoing.opened(loopback=True) as posts:
        yield Asking(Webhooks(posts, Signer(b"k" * 32), now=lambda: datetime.now(UTC)), f"{url}/orders")


async def test_the_endpoint_is_asked_once_and_can_tell_that_it_is_us() -> None:
    """It is sent the arguments, signed with a secret that only this tool of this assistant has."""
    sent: list[dict[str, Any]] = []
    secret = Webhooks(None, Signer(b"k" * 32), now=lambda: datetime.now(UTC)).secret(ASSISTANT_ID, "check_order")  # type: ignore[arg-type] # it sends nothing

    async def orders(request: web.Request) -> web.Response:
        body = await request.read()
        assert signed_by(secret, request.headers, body)
        sent.append(json.loads(body))
        assert request.headers["webhook-id"] == sent[-1]["id"]
        return web.json_response({"say": "It is on its way,\n and comes \x07tomorrow."})

    async with asking(orders) as shop:
        assert await shop.call() == WebhookAnswer(ToolOutcome.OK, "It is on its way, and comes tomorrow.")
        assert shop.webhooks.secret(ASSISTANT_ID, "book_visit") != secret != shop.webhooks.secret(UUID(int=3), "check")
    (message,) = sent
    assert (message["type"], message["data"]) == (
        "tool.call",
        {"tool": "check_order", "arguments": ARGUMENTS, "conversation_id": str(CONVERSATION_ID)},
    )


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_what_passes_is_tried_again(status: int) -> None:
    """With the same id, so that an endpoint which has done it already can know."""
    ids: list[str] = []

    async def orders(request: web.Request) -> web.Response:
        ids.append(request.headers["webhook-id"])
        return web.json_response({"say": "Found."}, status=200 if len(ids) > 1 else status)

    async with asking(orders) as shop:
        assert (await shop.call()).say == "Found."
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def never(_request: web.Request) -> web.Response:
    """Hang."""
    await asyncio.sleep(3600)
    raise AssertionError


async def large(request: web.Request) -> web.StreamResponse:
    """Answer 5 MB, for as long as somebody reads."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(80):
        await response.write(b" " * 64 * 1024)
    return response


def answering(body: str, status: int = 200, **headers: str) -> Endpoint:
    """Answer always the same."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=body, status=status, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("endpoint", "outcome", "error"),
    [
        (never, ToolOutcome.TIMED_OUT, "It took too long."),
        (large, ToolOutcome.FAILED, "It answered more than we read."),
        (answering("", 500), ToolOutcome.FAILED, "It answered 500."),
        (answering("", 404), ToolOutcome.FAILED, "It answered 404."),
        (answering("", 302, Location="http://169.254.169.254/"), ToolOutcome.FAILED, "It answered 302."),
        (answering("Hello"), ToolOutcome.FAILED, 'It did not answer with {"say": "…"}.'),
        (answering('["say"]'), ToolOutcome.FAILED, 'It did not answer with {"say": "…"}.'),
        (answering('{"say": 4512}'), ToolOutcome.FAILED, 'It did not answer with {"say": "…"}.'),
        (answering("[" * 60_000), ToolOutcome.FAILED, 'It did not answer with {"say": "…"}.'),
    ],
)
async def test_a_bad_day_is_a_plain_failure(endpoint: Endpoint, outcome: ToolOutcome, error: str) -> None:
    """Within the time that the store allows, and without an exception."""
    async with asking(endpoint) as shop, asyncio.timeout(5):
        assert await shop.call(timeout_s=0.5) == WebhookAnswer(outcome, error=error)


@pytest.mark.parametrize("url", ["https://169.254.169.254/latest", "http://shop.example/", "https://10.0.0.1/"])
async def test_no_request_goes_to_an_address_that_is_not_public(url: str) -> None:
    """Whatever stands in a draft: it is checked again when it is called."""
    async with asking(answering("{}")) as shop:
        assert (await shop.call(url=url)).outcome is ToolOutcome.REFUSED


async def test_nobody_is_read_a_book_to() -> None:
    """What is too long ends with a sentence, or else with a word."""
    for text, said in (
        ("Yes. " * 200, ("Yes. " * 120).strip()),
        ("word " * 200, ("word " * (MAX_SAID_CHARS // 5)).strip()),
    ):
        async with asking(answering(json.dumps({"say": text}))) as shop:
            assert (await shop.call()).say == said
