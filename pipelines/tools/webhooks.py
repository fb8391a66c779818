"""The tools that stores bring themselves: an endpoint of theirs is asked within a turn, and what it says is spoken."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from uuid import UUID, uuid4, uuid5

from auth.principals import StoreId
from pipelines.conversations.tool_calls import ToolOutcome
from pipelines.events.signing import Signer
from pipelines.outgoing import AnswerTooLong, Reply, Unreachable, UrlRefused
from pipelines.tools.schemas import Schema

# Half a minute of speech; a caller asked one thing.
MAX_SAID_CHARS = 600
# Between attempts, as long as the turn's patience lasts.
WAITS_S = (0.2, 0.5, 1.0)
# One that takes so long once more would be given up before it answers.
SHORTEST_ATTEMPT_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTool:
    """What a store lets the model call. `parameters` has passed `schemas.check`.

    `examples` are words of callers for whom it is meant; `timeout_s` is for all attempts together.
    """

    name: str
    description: str
    url: str
    parameters: Schema = field(default_factory=lambda: {"type": "object", "properties": {}})
    examples: tuple[str, ...] = ()
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came of asking an endpoint: what to say, or what went wrong, in a sentence for the store."""

    outcome: ToolOutcome
    say: str = ""
    error: str = ""


class Posts(Protocol):
    """The way out: see pipelines/outgoing.py."""

    async def post(self, text: str, body: bytes, headers: Mapping[str, str], *, of: StoreId, timeout_s: float) -> Reply:
        """Send a POST. Raises UrlRefused, Unreachable or AnswerTooLong."""


class Webhooks:
    """Asks endpoints of stores. Each tool of an assistant has a secret of its own, which signs what it is sent."""

    def __init__(self, posts: Posts, signer: Signer, *, now: Callable[[], datetime]) -> None:
        self._posts = posts
        self._signer = signer
        self._now = now

    def secret(self, assistant_id: UUID, name: str) -> str:
        """What the endpoint checks signatures with."""
        return self._signer.secret(_endpoint(assistant_id, name))

    async def call(
        self,
        tool: WebhookTool,
        arguments: Mapping[str, object],
        *,
        store_id: StoreId,
        assistant_id: UUID,
        conversation_id: UUID | None,
    ) -> WebhookAnswer:
        """Ask, and once more if that may help, for `tool.timeout_s` at most. Raises nothing of the endpoint's making.

        It is sent `{"id", "type": "tool.call", "at", "data": {"tool", "arguments", "conversation_id"}}`; the `id`
        stays the same when it is asked again.
        """
        message_id, endpoint_id = uuid4(), _endpoint(assistant_id, tool.name)
        data = {"tool": tool.name, "arguments": arguments, "conversation_id": conversation_id}
        message = {"id": message_id, "type": "tool.call", "at": self._now().isoformat(), "data": data}
        body = json.dumps(message, default=str).encode()
        gives_up_s = time.monotonic() + tool.timeout_s
        for wait_s in (*WAITS_S, None):
            headers = self._signer.headers(endpoint_id, message_id, body, at=self._now())
            left_s = gives_up_s - time.monotonic()
            answer, passing = await self._ask(tool.url, body, headers, of=store_id, timeout_s=left_s)
            left_s = gives_up_s - time.monotonic()
            if not passing or wait_s is None or left_s < wait_s + SHORTEST_ATTEMPT_S:
                break
            await asyncio.sleep(wait_s)
        return answer

    async def _ask(
        self, url: str, body: bytes, headers: Mapping[str, str], *, of: StoreId, timeout_s: float
    ) -> tuple[WebhookAnswer, bool]:
        """One attempt, and whether another may fare better."""
        started_s = time.monotonic()
        try:
            reply = await self._posts.post(
                url, body, {"Content-Type": "application/json", **headers}, of=of, timeout_s=timeout_s
            )
        except AnswerTooLong:
            return _failed("It answered more than we read."), False
        except UrlRefused as error:
            return WebhookAnswer(ToolOutcome.REFUSED, error=error.reason), False
        except Unreachable as error:
            late = time.monotonic() - started_s >= timeout_s
            return WebhookAnswer(ToolOutcome.TIMED_OUT if late else ToolOutcome.FAILED, error=error.reason), not late
        if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            return _failed(f"It answered {reply.status}."), _passes(reply.status)
        say = _say(reply.body)
        if not say:
            return _failed('It did not answer with {"say": "…"}.'), False
        return WebhookAnswer(ToolOutcome.OK, say), False


def _passes(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _failed(why: str) -> WebhookAnswer:
    return WebhookAnswer(ToolOutcome.FAILED, error=why)


def _endpoint(assistant_id: UUID, name: str) -> UUID:
    return uuid5(assistant_id, f"tools/{name}")


def _say(body: bytes) -> str:
    """The words in `{"say": "…"}` on one line, no longer than MAX_SAID_CHARS; "" if there are none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = answer.get("say") if isinstance(answer, dict) else None
    if not isinstance(said, str):
        return ""
    speakable = "".join(letter if letter.isprintable() else " " for letter in said)
    line = " ".join(speakable.split())
    if len(line) <= MAX_SAID_CHARS:
        return line
    cut = line[:MAX_SAID_CHARS]
    end = max(cut.rfind(mark) for mark in ".!?")
    return cut[: end + 1] if end > 0 else cut.rsplit(" ", 1)[0]
