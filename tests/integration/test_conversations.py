"""Conversations in PostgreSQL, and who may read them over HTTP."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from auth.audit.log import Audit
from auth.audit.queries import AuditQueries
from auth.http.asking import PRINCIPAL
from auth.principals import Kind, Principal, SessionId, StoreId, UserId
from pipelines.after.summaries import CALLER, Outcome, Summary
from pipelines.conversations.exports import ConversationExports
from pipelines.conversations.history import History
from pipelines.conversations.journal import DatabaseAway, Journal, WriteRefused
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.recordings import Folder, file_of
from pipelines.conversations.records import (
    AnsweredBy,
    Basis,
    Conversation,
    ConversationId,
    Conversations,
    Ending,
    Grounds,
    Latency,
    Source,
    Span,
    Speaker,
    Transcript,
    Turn,
    Usage,
)
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome
from server import database
from server.middleware import answer_errors

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class People:
    """A store with its assistant, and a user."""

    name: str
    store_id: StoreId
    assistant_id: UUID
    user_id: UserId

    def principal(self, kind: Kind) -> Principal:
        """One of the two, signed in."""
        principal_id = self.user_id if kind is Kind.USER else self.store_id
        return Principal(kind, principal_id, SessionId(uuid4()), expires_at=NOW)

    def conversation(self, *, minutes: int = 0) -> Conversation:
        """The user talks to the store's assistant, some minutes after NOW."""
        return Conversation(
            id=ConversationId(uuid4()),
            store_id=self.store_id,
            assistant_id=self.assistant_id,
            user_id=self.user_id,
            channel="websocket",
            started_at=NOW + minutes * MINUTE,
            assistant_version=3,
            store_slug=self.name,
            store_name=self.name,
        )


async def settle(pool: asyncpg.Pool, name: str) -> People:
    """Insert them."""
    store_id = await pool.fetchval(
        "INSERT INTO stores (email, name, slug, password_hash) VALUES ($1, $2, $2, '-') RETURNING id",
        f"{name}@store.example",
        name,
    )
    assistant_id = await pool.fetchval(
        "INSERT INTO assistants (store_id, slug, is_default, draft) VALUES ($1, 'ivy', true, '{}') RETURNING id",
        store_id,
    )
    user_id = await pool.fetchval(
        "INSERT INTO users (email, name, password_hash) VALUES ($1, $2, '-') RETURNING id",
        f"{name}@user.example",
        name,
    )
    return People(name, store_id, assistant_id, user_id)


@pytest.fixture
async def people(pool: asyncpg.Pool) -> People:
    """Those whose conversations are read."""
    return await settle(pool, "leaf")


@pytest.fixture
def queries(pool: asyncpg.Pool) -> ConversationQueries:
    """The queries on the test's own database."""
    return ConversationQueries(pool)


def turns_of(conversation: Conversation) -> list[Turn]:
    """A question and its interrupted answer."""
    question = Turn(conversation.id, 0, Speaker.CALLER, "How much is it?", started_at=NOW, ended_at=NOW + MINUTE)
    answer = replace(
        question,
        position=1,
        speaker=Speaker.ASSISTANT,
        text="Four",
        interrupted=True,
        answered_by=AnsweredBy.GROUNDED,
        latency=Latency(300, 310, None, 350, 360),
        grounds=Grounds(Basis.PRICE, (Source(UUID(int=7), "basil"),)),
        audio=Span(2_000, 2_400),
        usage=Usage(tts="embedded", characters=11),
        unheard="euros.",
    )
    return [question, answer]


def call_of(conversation: Conversation) -> ToolCall:
    """What the assistant did with a tool of the store's."""
    return ToolCall(
        id=UUID(int=8),
        conversation_id=conversation.id,
        name="check_order",
        arguments={"order_number": "4512"},
        answer="It is on its way.",
        outcome=ToolOutcome.OK,
        started_at=NOW,
        duration_ms=120,
    )


async def test_a_conversation_comes_back_as_it_was_written(people: People, queries: ConversationQueries) -> None:
    """Everything that the journal writes can be read, in order."""
    conversation = people.conversation()
    journal = Journal(queries)
    journal.open(conversation)
    for turn in turns_of(conversation):
        journal.add(turn)
    journal.add(call_of(conversation))
    await journal.close(Ending(conversation.id, NOW + MINUTE, "caller_left"))

    found = await Conversations(queries).show(people.principal(Kind.USER), conversation.id)
    ended = replace(conversation, ended_at=NOW + MINUTE, end_reason="caller_left")
    assert found == Transcript(ended, turns_of(conversation), [call_of(conversation)])


async def test_every_write_may_be_repeated(people: People, queries: ConversationQueries) -> None:
    """A write whose answer was lost is tried again, and changes nothing."""
    conversation = people.conversation()
    question, _ = turns_of(conversation)
    for _attempt in range(2):
        await queries.start(conversation)
        await queries.add(question)
        await queries.end(Ending(conversation.id, NOW, "caller_left"))
    await queries.end(Ending(conversation.id, NOW + MINUTE, "shutting_down"))
    found, turns, _ = await Conversations(queries).show(people.principal(Kind.STORE), conversation.id)
    assert (found.end_reason, turns) == ("caller_left", [question])


async def test_a_row_that_never_fits_is_refused(people: People, queries: ConversationQueries) -> None:
    """A turn without its conversation is no matter of trying again."""
    with pytest.raises(WriteRefused, match="ForeignKey"):
        await queries.add(turns_of(people.conversation())[0])


async def test_an_absent_database_is_away(database_url: str) -> None:
    """A pool that cannot connect says that the write may succeed later."""
    async with database.open_pool(database_url) as pool:
        queries = ConversationQueries(pool)
        people = await settle(pool, "leaf")
        await pool.expire_connections()
        pool.terminate()
        with pytest.raises(DatabaseAway):
            await queries.start(people.conversation())


async def test_what_a_store_owns_goes_with_it(pool: asyncpg.Pool, people: People, queries: ConversationQueries) -> None:
    """A user who leaves stays out of the store's record; a store that leaves takes it along."""
    conversation = people.conversation()
    await queries.start(conversation)
    await queries.add(turns_of(conversation)[0])
    await pool.execute("DELETE FROM users WHERE id = $1", people.user_id)
    found, _, _ = await Conversations(queries).show(people.principal(Kind.STORE), conversation.id)
    assert found.user_id is None
    await pool.execute("DELETE FROM stores WHERE id = $1", people.store_id)
    assert await pool.fetchval("SELECT count(*) FROM turns") == 0


class Reader:
    """A client of both lists that says who is asking."""

    def __init__(self, client: TestClient[web.Request, web.Application], signed_in: dict[str, Principal]) -> None:
        self.client = client
        self._signed_in = signed_in

    def sign_in(self, reader: Principal) -> None:
        """Ask as somebody from now on."""
        self._signed_in["reader"] = reader

    async def get(self, reader: Principal, path: str = "", **query: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the body."""
        self.sign_in(reader)
        response = await self.client.get(f"/conversations{path}", params=query)
        return response.status, await response.json()


@pytest.fixture
async def reader(pool: asyncpg.Pool, queries: ConversationQueries, tmp_path: Path) -> AsyncIterator[Reader]:
    """The handlers, behind a door that lets everybody in as whom the test says."""
    signed_in: dict[str, Principal] = {}

    @web.middleware
    async def anybody(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[PRINCIPAL] = signed_in["reader"]
        return await handler(request)

    history = History(Conversations(queries), Folder(tmp_path), now=lambda: NOW + 10 * MINUTE)
    exports = ConversationExports(Conversations(queries), Audit(Kind.STORE, AuditQueries(pool), now=lambda: NOW))
    app = web.Application(middlewares=[answer_errors, anybody])
    app.add_routes(
        [
            web.get("/conversations", history.search),
            web.get("/conversations.json", exports.json),
            web.get("/conversations.csv", exports.csv),
            web.get("/conversations/{id}", history.show),
            web.delete("/conversations/{id}", history.delete),
            web.get("/conversations/{id}/recording", history.recording),
        ]
    )
    async with TestClient(TestServer(app)) as client:
        yield Reader(client, signed_in)


@pytest.mark.parametrize("kind", list(Kind))
async def test_the_list_runs_from_new_to_old_in_pages(
    people: People, queries: ConversationQueries, reader: Reader, kind: Kind
) -> None:
    """Each conversation appears once, though two began in the same microsecond and new ones keep coming."""
    conversations = [people.conversation(minutes=minutes) for minutes in (0, 1, 2, 2, 3)]
    for conversation in conversations:
        await queries.start(conversation)

    listed: list[dict[str, Any]] = []
    query = {"limit": "2"}
    while True:
        status, page = await reader.get(people.principal(kind), **query)
        assert status == 200
        assert len(page["conversations"]) <= 2
        listed += page["conversations"]
        if page["next_before"] is None:
            break
        query["before"] = page["next_before"]
        await queries.start(people.conversation(minutes=10))

    newest_first = sorted(conversations, key=lambda each: (each.started_at, each.id), reverse=True)
    assert [each["id"] for each in listed] == [str(each.id) for each in newest_first]
    assert listed[0] == {
        "id": str(newest_first[0].id),
        "store_id": str(people.store_id),
        "store_slug": "leaf",
        "store_name": "leaf",
        "assistant_id": str(people.assistant_id),
        "assistant_version": 3,
        "user_id": str(people.user_id),
        "channel": "websocket",
        "direction": "inbound",
        "caller_number": None,
        "started_at": "2026-03-02T09:33:00.123456Z",
        "ended_at": None,
        "end_reason": None,
        "summary": None,
        "outcome": None,
        "fields": None,
        "fields_missing": None,
    }


async def test_one_conversation_with_its_turns(people: People, queries: ConversationQueries, reader: Reader) -> None:
    """Who said what and when, and for an answer: who gave it and how long each stage took."""
    conversation = people.conversation()
    await queries.start(conversation)
    for turn in turns_of(conversation):
        await queries.add(turn)
    await queries.add_tool_call(replace(call_of(conversation), arguments={"order_number": "45\0\ud800"}))
    status, body = await reader.get(people.principal(Kind.USER), f"/{conversation.id}")
    assert (status, body["id"]) == (200, str(conversation.id))
    question, answer = body["turns"]
    assert (question["speaker"], question["latency_ms"], question["answered_by"]) == ("caller", None, None)
    assert (answer["text"], answer["interrupted"], answer["answered_by"]) == ("Four", True, "grounded")
    assert (question["basis"], question["sources"]) == (None, [])
    assert (answer["basis"], answer["sources"]) == ("price", [{"entry_id": str(UUID(int=7)), "title": "basil"}])
    assert answer["latency_ms"] == {
        "endpoint": 300,
        "transcript": 310,
        "first_token": None,
        "first_audio": 350,
        "on_wire": 360,
    }
    (call,) = body["tool_calls"]
    assert (call["name"], call["arguments"]) == ("check_order", {"order_number": "45?"})
    assert (call["answer"], call["outcome"], call["duration_ms"]) == ("It is on its way.", "ok", 120)
    assert (question["audio_start_ms"], question["usage"], question["unheard"]) == (None, None, "")
    assert (answer["audio_start_ms"], answer["audio_end_ms"], answer["unheard"]) == (2_000, 2_400, "euros.")
    assert {name: used for name, used in answer["usage"].items() if used is not None} == {
        "tts": "embedded",
        "characters": 11,
    }


@pytest.mark.parametrize("kind", list(Kind))
async def test_others_see_nothing(
    pool: asyncpg.Pool, people: People, queries: ConversationQueries, reader: Reader, kind: Kind
) -> None:
    """Somebody else's conversation is as absent as one that never was."""
    conversation = people.conversation()
    await queries.start(conversation)
    stranger = (await settle(pool, "stone")).principal(kind)
    assert (await reader.get(stranger))[1] == {"conversations": [], "next_before": None}
    foreign, absent, senseless = [
        await reader.get(stranger, f"/{name}") for name in (conversation.id, uuid4(), "nonsense")
    ]
    assert foreign == absent == senseless
    assert foreign[0] == 404
    # The id of a store is worth nothing to a user, nor the other way round.
    other_kind = Kind.STORE if kind is Kind.USER else Kind.USER
    confused = replace(people.principal(kind), kind=other_kind)
    assert (await reader.get(confused, f"/{conversation.id}"))[0] == 404


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": "9" * 5000},
        {"limit": "²"},
        {"before": "yesterday"},
        {"before": "1-2"},
        {"before": f"{10**30}-{uuid4().hex}"},
        {"before": f"{'9' * 6000}-{uuid4().hex}"},
        {"before": f"1-{'é' * 32}"},
        {"q": ""},
        {"q": "a\0b"},
        {"q": "a" * 201},
        {"from": "1700000000"},
        {"to": "2026-02-30"},
        {"channel": "Fax"},
    ],
)
async def test_a_page_that_makes_no_sense(people: People, reader: Reader, query: dict[str, str]) -> None:
    """The answer says which part of the question it was."""
    status, body = await reader.get(people.principal(Kind.USER), **query)
    assert (status, body["error"]["code"]) == (400, "invalid_request")
    assert body["error"]["message"].startswith(next(iter(query)))


def files(folder: Path) -> set[Path]:
    """What lies in a folder."""
    return set(folder.iterdir())


async def over(people: People, queries: ConversationQueries, folder: Path) -> Conversation:
    """A recorded conversation that has ended."""
    conversation = people.conversation()
    await queries.start(conversation)
    for turn in turns_of(conversation):
        await queries.add(turn)
    await queries.add_tool_call(call_of(conversation))
    await queries.end(Ending(conversation.id, NOW + MINUTE, "caller_left"))
    file_of(folder, conversation.id).write_bytes(b"OggS and more")
    return conversation


@pytest.mark.parametrize("kind", list(Kind))
async def test_whose_conversation_it_is_may_listen(
    pool: asyncpg.Pool, people: People, queries: ConversationQueries, reader: Reader, tmp_path: Path, kind: Kind
) -> None:
    """The recording comes whole or in ranges, so that players can jump; for others it does not exist."""
    conversation = await over(people, queries, tmp_path)
    reader.sign_in(people.principal(kind))
    whole = await reader.client.get(f"/conversations/{conversation.id}/recording")
    assert (whole.status, whole.content_type, await whole.read()) == (200, "audio/ogg", b"OggS and more")
    part = await reader.client.get(f"/conversations/{conversation.id}/recording", headers={"Range": "bytes=5-7"})
    assert (part.status, await part.read()) == (206, b"and")

    stranger = (await settle(pool, "stone")).principal(kind)
    status, body = await reader.get(stranger, f"/{conversation.id}/recording")
    assert (status, body["error"]["code"]) == (404, "conversation_not_found")


async def test_what_a_store_deletes_is_gone(
    pool: asyncpg.Pool, people: People, queries: ConversationQueries, reader: Reader, tmp_path: Path
) -> None:
    """No row, no word and no file is left."""
    conversation = await over(people, queries, tmp_path)
    reader.sign_in(people.principal(Kind.STORE))
    assert (await reader.client.delete(f"/conversations/{conversation.id}")).status == 204
    assert (await reader.client.delete(f"/conversations/{conversation.id}")).status == 404
    assert files(tmp_path) == set()
    for table in ("conversations", "turns", "tool_calls"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - names of ours


async def test_what_a_user_deletes_leaves_the_store_that_there_was_a_call(
    people: People, queries: ConversationQueries, reader: Reader, tmp_path: Path
) -> None:
    """No word, no recording and no name: the user no longer sees it, and the store sees when it was."""
    conversation = await over(people, queries, tmp_path)
    reader.sign_in(people.principal(Kind.USER))
    assert (await reader.client.delete(f"/conversations/{conversation.id}")).status == 204
    assert (await reader.get(people.principal(Kind.USER), f"/{conversation.id}"))[0] == 404
    _, left = await reader.get(people.principal(Kind.STORE), f"/{conversation.id}")
    assert (left["user_id"], left["turns"], left["tool_calls"], left["outcome"]) == (None, [], [], "erased")
    status, body = await reader.get(people.principal(Kind.STORE), f"/{conversation.id}/recording")
    assert (status, body["error"]["code"]) == (404, "no_recording")


async def test_a_conversation_is_not_deleted_while_it_goes_on(
    pool: asyncpg.Pool, people: People, queries: ConversationQueries, reader: Reader
) -> None:
    """Its next turn would come back; one without an end that began a day ago has lost its process, and can go."""
    conversation = people.conversation()
    await queries.start(conversation)
    reader.sign_in(people.principal(Kind.USER))
    refused = await reader.client.delete(f"/conversations/{conversation.id}")
    assert (refused.status, (await refused.json())["error"]["code"]) == (409, "conversation_live")
    await pool.execute("UPDATE conversations SET started_at = started_at - interval '1 day'")
    assert (await reader.client.delete(f"/conversations/{conversation.id}")).status == 204


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "basils"}, ["first"]),
        ({"q": '"how much" -basil'}, ["second"]),
        ({"q": "%"}, []),
        ({"from": "2026-03-03"}, ["second"]),
        ({"to": "2026-03-02"}, ["first"]),
        ({"from": "2026-03-02", "to": "2026-03-03", "channel": "websocket"}, ["second", "first"]),
        ({"channel": "phone"}, []),
        ({"outcome": "answered", "to": "9999-12-31"}, ["first"]),
    ],
)
async def test_both_find_what_was_said(
    people: People, queries: ConversationQueries, reader: Reader, query: dict[str, str], found: list[str]
) -> None:
    """By words in any form, by phrases, by day, channel and outcome, and never what others said, as each reads it."""
    names = {}
    for name, minutes, text in (("first", 0, "How much is basil?"), ("second", 24 * 60, "How much is a fern?")):
        conversation = people.conversation(minutes=minutes)
        names[str(conversation.id)] = name
        await queries.start(conversation)
        await queries.add(replace(turns_of(conversation)[0], text=text))
        if name == "first":
            await queries.keep_summary(conversation.id, Summary(f"{CALLER} said basil.", Outcome.ANSWERED))
    for kind in Kind:
        status, page = await reader.get(people.principal(kind), **query)
        assert (status, [names[each["id"]] for each in page["conversations"]]) == (200, found)
        summaries = [each["summary"] for each in page["conversations"] if each["summary"]]
        told = "You said basil." if kind is Kind.USER else "The caller said basil."
        assert summaries == [told] * found.count("first")
    assert (await reader.get(Principal(Kind.STORE, uuid4(), SessionId(uuid4()), NOW), **query))[1] == {
        "conversations": [],
        "next_before": None,
    }


async def test_exports_hold_everything_and_no_formula(
    people: People, queries: ConversationQueries, reader: Reader
) -> None:
    """Spreadsheets run what begins like a formula, whoever said it: such cells are text."""
    said = ["=HYPERLINK(1)", " +1", 'Tea, "green"\nplease']
    conversation = people.conversation()
    await queries.start(conversation)
    for position, text in enumerate(said):
        await queries.add(replace(turns_of(conversation)[0], position=position, text=text))
    silent = people.conversation(minutes=1)
    await queries.start(silent)

    reader.sign_in(people.principal(Kind.STORE))
    table = await reader.client.get("/conversations.csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    first, *rows = csv.DictReader(io.StringIO(await table.text(), newline=""))
    assert (first["conversation_id"], first["text"]) == (str(silent.id), "")
    assert [row["text"] for row in rows] == ["'=HYPERLINK(1)", "' +1", said[2]]

    array = await (await reader.client.get("/conversations.json", params={"q": "tea"})).json()
    assert [[turn["text"] for turn in each["turns"]] for each in array["conversations"]] == [said]
    assert await (await reader.client.get("/conversations.json", params={"q": "coffee"})).json() == {
        "conversations": []
    }
