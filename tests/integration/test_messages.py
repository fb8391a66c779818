"""The store's inbox in PostgreSQL and over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from auth.http.asking import PRINCIPAL
from auth.principals import Kind, Principal, SessionId, StoreId
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation, ConversationId
from pipelines.tools.inbox_api import InboxApi
from pipelines.tools.message_queries import MessageQueries
from pipelines.tools.messages import InboxUnavailable, Message, MessageId
from server import database
from server.middleware import answer_errors
from tests.contract import watch

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inboxes of two stores, over HTTP."""

    client: TestClient[web.Request, web.Application]
    messages: MessageQueries
    conversation: Conversation
    other: StoreId

    def message(self, *, minutes: int = 0) -> Message:
        """A message that was left some minutes after NOW."""
        return Message(
            id=MessageId(uuid4()),
            store_id=self.conversation.store_id,
            conversation_id=self.conversation.id,
            taken_at=NOW + timedelta(minutes=minutes),
            name="Ann",
            number="5550134",
            text="Please call me back.",
            confirmed=True,
        )

    async def ask(self, method: str, path: str = "", *, other: bool = False, **options: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        """Ask as the store, or as the other one."""
        store = self.other if other else self.conversation.store_id
        answer = await self.client.request(method, f"/messages{path}", headers={"store": str(store)}, **options)
        return answer.status, await answer.json() if answer.status != 204 else None


@pytest.fixture
async def inbox(pool: asyncpg.Pool) -> AsyncIterator[Inbox]:
    """Two stores, and a conversation with the first."""
    store, other = [await _store(pool, name) for name in ("leaf", "root")]
    assistant_id = await pool.fetchval(
        "INSERT INTO assistants (store_id, slug, is_default, draft) VALUES ($1, 'ivy', true, '{}') RETURNING id",
        store,
    )
    conversation = Conversation(
        id=ConversationId(uuid4()),
        store_id=store,
        assistant_id=assistant_id,
        user_id=None,
        channel="websocket",
        started_at=NOW,
    )
    await ConversationQueries(pool).start(conversation)
    queries = MessageQueries(pool)

    @web.middleware
    async def anybody(request: web.Request, handler: Handler) -> web.StreamResponse:
        store_id = StoreId(UUID(request.headers["store"]))
        request[PRINCIPAL] = Principal(Kind.STORE, store_id, SessionId(uuid4()), expires_at=NOW)
        return await handler(request)

    api = InboxApi(queries, now=lambda: NOW)
    app = web.Application(middlewares=[answer_errors, anybody, watch])
    app.add_routes(
        [
            web.get("/messages", api.page),
            web.patch("/messages/{id}", api.mark),
            web.delete("/messages/{id}", api.delete),
        ]
    )
    async with TestClient(TestServer(app)) as client:
        yield Inbox(client, queries, conversation, other)


async def _store(pool: asyncpg.Pool, name: str) -> StoreId:
    return StoreId(
        await pool.fetchval(
            "INSERT INTO stores (email, name, slug, password_hash) VALUES ($1, $2, $2, '-') RETURNING id",
            f"{name}@store.example",
            name,
        )
    )


async def test_the_inbox_runs_from_new_to_old_in_pages(inbox: Inbox) -> None:
    """Each message appears once, whole."""
    messages = [inbox.message(minutes=minutes) for minutes in (0, 1, 1)]
    for message in messages:
        await inbox.messages.keep(message)
    _, first = await inbox.ask("GET", params={"limit": "2"})
    _, second = await inbox.ask("GET", params={"limit": "2", "before": first["next_before"]})
    newest_first = sorted(messages, key=lambda each: (each.taken_at, each.id), reverse=True)
    assert [one["id"] for one in first["messages"] + second["messages"]] == [str(one.id) for one in newest_first]
    assert second["next_before"] is None
    assert second["messages"] == [
        {
            "id": str(messages[0].id),
            "conversation_id": str(inbox.conversation.id),
            "taken_at": "2026-03-02T09:30:00Z",
            "name": "Ann",
            "number": "5550134",
            "text": "Please call me back.",
            "confirmed": True,
            "done_at": None,
        }
    ]


async def test_done_and_undone(inbox: Inbox) -> None:
    """A message that is done can be left out or listed alone, and opened again."""
    message, open_one = inbox.message(), inbox.message(minutes=1)
    await inbox.messages.keep(message)
    await inbox.messages.keep(open_one)
    status, marked = await inbox.ask("PATCH", f"/{message.id}", json={"done": True})
    assert (status, marked["done_at"]) == (200, "2026-03-02T09:30:00Z")
    for wanted, found in (("done", message), ("open", open_one)):
        _, page = await inbox.ask("GET", params={"status": wanted})
        assert [one["id"] for one in page["messages"]] == [str(found.id)]
    _, marked = await inbox.ask("PATCH", f"/{message.id}", json={"done": False})
    assert marked["done_at"] is None


async def test_deleted_is_deleted(inbox: Inbox, pool: asyncpg.Pool) -> None:
    """By hand, or with its conversation."""
    message, other = inbox.message(), inbox.message()
    await inbox.messages.keep(message)
    await inbox.messages.keep(other)
    assert (await inbox.ask("DELETE", f"/{message.id}"))[0] == 204
    assert (await inbox.ask("DELETE", f"/{message.id}"))[0] == 404
    await pool.execute("DELETE FROM conversations")
    assert await pool.fetchval("SELECT count(*) FROM messages") == 0


async def test_nobody_reads_or_changes_the_messages_of_another(inbox: Inbox) -> None:
    """Foreign and unknown messages look alike."""
    message = inbox.message()
    await inbox.messages.keep(message)
    assert (await inbox.ask("GET", other=True))[1]["messages"] == []
    for method, options in (("PATCH", {"json": {"done": True}}), ("DELETE", {})):
        foreign = await inbox.ask(method, f"/{message.id}", other=True, **options)
        unknown = await inbox.ask(method, f"/{uuid4()}", other=True, **options)
        assert foreign == unknown
        assert foreign[0] == 404
    assert (await inbox.ask("GET"))[1]["messages"][0]["done_at"] is None


async def test_what_is_read_back_again_is_the_same_message(inbox: Inbox) -> None:
    """A correction changes it, and the yes confirms it; one that was taken back is gone."""
    message = replace(inbox.message(), confirmed=False)
    await inbox.messages.keep(message)
    await inbox.messages.keep(replace(message, name="Anna", confirmed=True))
    _, page = await inbox.ask("GET")
    assert [(one["name"], one["confirmed"]) for one in page["messages"]] == [("Anna", True)]
    await inbox.messages.drop(message.id)
    assert (await inbox.ask("GET"))[1]["messages"] == []


async def test_an_absent_database_keeps_nothing(inbox: Inbox, database_url: str) -> None:
    """And says so, so that the caller can be told."""
    async with database.open_pool(database_url) as pool:
        pool.terminate()
        with pytest.raises(InboxUnavailable):
            await MessageQueries(pool).keep(inbox.message())
