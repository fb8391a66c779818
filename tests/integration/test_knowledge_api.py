"""The store's knowledge over HTTP, in the whole application: entries, imports, trying a question, what is missing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from auth.principals import StoreId
from pipelines.assistants.content import AssistantContent
from pipelines.assistants.queries import AssistantQueries
from pipelines.assistants.records import AssistantId
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import AnsweredBy, Basis, Conversation, ConversationId, Grounds, Speaker, Turn
from pipelines.grounding.knowledge import Entry, EntryId
from pipelines.knowledge.queries import EntryQueries
from pipelines.knowledge.records import EntryChanged, TooManyEntries
from server import app, demo
from server.services import open_services
from server.settings import Settings
from tests.contract import watch
from tests.doubles import Doubles

FERN = {"title": "Fern", "body": "It likes shade.", "asked_as": ["Boston fern"], "price": None}
MEGABYTE = 1024 * 1024
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Portal:
    """A store that is signed in."""

    client: ClientSession
    url: str
    bearer: str

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:  # noqa: ANN401 - JSON
        """Return status and body; of a refusal, its code."""
        headers = {"Host": "store-api.local", "Authorization": f"Bearer {self.bearer}", **more.pop("headers", {})}
        async with self.client.request(method, f"{self.url}/store/knowledge{path}", headers=headers, **more) as answer:
            body = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, body["error"]["code"] if isinstance(body, dict) and "error" in body else body

    async def bring(self, content: str | bytes, media: str, query: str = "") -> tuple[int, Any]:
        """Import a file."""
        sent = content.encode() if isinstance(content, str) else content
        return await self.ask("POST", f"/import{query}", data=BytesIO(sent), headers={"Content-Type": media})

    async def titles(self) -> list[str]:
        """What there is."""
        _, body = await self.ask("GET", "/entries?limit=100")
        return [entry["title"] for entry in body["entries"]]


@dataclass(frozen=True, slots=True)
class Place:
    """The server with two stores, each with a name of its own; `ann`'s has the demo's knowledge."""

    ann: Portal
    ben: Portal


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    """The whole server but for the models."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_services(settings, database_url, Doubles(), generosity=100) as services, ClientSession() as client:
        built = app.build(settings, services)
        built.middlewares.append(watch)
        async with TestServer(built) as server:
            url = str(server.make_url("")).rstrip("/")
            ann, ben = [Portal(client, url, await _sign_up(client, url, name)) for name in ("ann", "ben")]
            async with client.get(f"{url}/store/me", headers=_headers(ann.bearer)) as answer:
                store_id = StoreId(UUID((await answer.json())["id"]))
            await demo.seed_assistant(store_id, assistants=services.assistants, knowledge=services.knowledge)
            yield Place(ann, ben)


async def _sign_up(client: ClientSession, url: str, name: str) -> str:
    form = {"email": f"{name}@storeline.example", "password": "four words of ours", "name": name}
    async with client.post(f"{url}/store/auth/signup", json=form, headers={"Host": "store-api.local"}) as answer:
        return str((await answer.json())["access_token"])


def _headers(bearer: str) -> dict[str, str]:
    return {"Host": "store-api.local", "Authorization": f"Bearer {bearer}"}


async def test_an_entry_from_beginning_to_end(place: Place) -> None:
    """Written, read, changed, and gone; whoever changes what they have not read is told."""
    status, fern = await place.ann.ask("POST", "/entries", json=FERN)
    assert (status, fern) == (201, {**FERN, "id": fern["id"], "kind": "answer", "version": 1})
    assert await place.ann.ask("GET", f"/entries/{fern['id']}") == (200, fern)

    change = {**FERN, "price": {"cents": 700, "currency": "USD"}, "version": 1}
    status, changed = await place.ann.ask("PATCH", f"/entries/{fern['id']}", json=change)
    assert (status, changed["kind"], changed["version"]) == (200, "price", 2)
    assert await place.ann.ask("PATCH", f"/entries/{fern['id']}", json=change) == (409, "entry_changed")
    assert await place.ann.ask("GET", f"/entries/{fern['id']}") == (200, changed)

    assert await place.ann.ask("DELETE", f"/entries/{fern['id']}") == (204, None)
    assert await place.ann.ask("DELETE", f"/entries/{fern['id']}") == (404, "entry_not_found")
    assert await place.ann.ask("PATCH", f"/entries/{fern['id']}", json=change) == (404, "entry_not_found")


async def test_two_entries_of_one_title(place: Place) -> None:
    """There is one: adding and renaming are refused."""
    _, fern = await place.ann.ask("POST", "/entries", json=FERN)
    assert await place.ann.ask("POST", "/entries", json=FERN) == (409, "title_taken")
    change = {**FERN, "title": "basil", "version": 1}
    assert await place.ann.ask("PATCH", f"/entries/{fern['id']}", json=change) == (409, "title_taken")


@pytest.mark.parametrize(
    "form",
    [
        {**FERN, "body": "x" * 2001},
        {**FERN, "title": "x" * 121},
        {**FERN, "title": "a\0b"},
        {**FERN, "asked_as": ["one, two"]},
        {**FERN, "price": {"cents": -1, "currency": "USD"}},
        {**FERN, "price": {"cents": 1, "currency": "dollars"}},
    ],
)
async def test_what_is_no_entry(place: Place, form: dict[str, Any]) -> None:
    """It is refused before the database sees it."""
    assert await place.ann.ask("POST", "/entries", json=form) == (400, "invalid_request")


async def test_others_see_nothing(place: Place) -> None:
    """Another store's entry is as absent as one that never was."""
    _, fern = await place.ann.ask("POST", "/entries", json=FERN)
    for method, more in (("GET", {}), ("DELETE", {}), ("PATCH", {"json": {**FERN, "version": 1}})):
        assert await place.ben.ask(method, f"/entries/{fern['id']}", **more) == (404, "entry_not_found")
    assert await place.ben.ask("GET", "/entries") == (200, {"entries": [], "next_after": None})


async def test_looking_through_the_list(place: Place) -> None:
    """In the order of titles, capitals or not, a page at a time; letters are found wherever they stand."""
    await place.ann.ask("POST", "/entries", json=FERN)
    seen, after = list[str](), ""
    while after is not None:
        _, page = await place.ann.ask("GET", "/entries", params={"limit": "15", "after": after})
        seen += [entry["title"] for entry in page["entries"]]
        after = page["next_after"]
    assert seen == sorted(seen, key=str.lower)
    assert len(seen) == len(set(seen)) == 37
    _, found = await place.ann.ask("GET", "/entries", params={"q": "TERRACOTTA"})
    assert [entry["title"] for entry in found["entries"]] == ["large terracotta pot", "small terracotta pot"]
    assert (await place.ann.ask("GET", "/entries", params={"q": "%"}))[1]["entries"] == []


async def test_an_import(place: Place) -> None:
    """It is checked first; wrong rows keep everything out unless they are left out; a title's entry is replaced."""
    table = "item,price,text\nbasil,5.00,Now bigger.\nFern,seven,\nMoss,2,\n"
    checked = {
        "good": 2,
        "wrong": 1,
        "added": 0,
        "replaced": 0,
        "problems": [{"line": 3, "message": "“seven” is no price; write it like 4.50 or $4.50."}],
    }
    for query in ("", "?store=check", "?store=all"):
        assert await place.ben.bring(table, "text/csv", query) == (200, checked)
    assert await place.ben.titles() == []
    assert await place.ben.bring(table, "text/csv", "?store=good") == (200, {**checked, "added": 2})
    fixed = table.replace("seven", "7")
    assert await place.ben.bring(fixed, "text/csv; charset=utf-8", "?store=all&currency=EUR") == (
        200,
        {"good": 3, "wrong": 0, "added": 1, "replaced": 2, "problems": []},
    )
    _, page = await place.ben.ask("GET", "/entries?q=bigger")
    (basil,) = page["entries"]
    assert (basil["price"], basil["version"]) == ({"cents": 500, "currency": "EUR"}, 2)


@pytest.mark.parametrize(("media", "content"), [("text/markdown", "# Fern\nGreen.\n"), ("text/plain", "Fern: Green.")])
async def test_other_files(place: Place, media: str, content: str) -> None:
    """What is written down is known at once."""
    _, report = await place.ann.bring(content, media, "?store=all")
    assert (report["added"], "Fern" in await place.ann.titles()) == (1, True)


@pytest.mark.parametrize(
    ("content", "media", "refusal"),
    [
        (b"\xff\xfe\x00", "text/csv", (400, "invalid_request")),
        (b"Fern,4\n", "text/csv", (400, "invalid_request")),
        (b"{}", "application/json", (415, "media_not_taken")),
        (b"x" * (MEGABYTE + 1), "text/plain", (413, "request_entity_too_large")),
    ],
)
async def test_files_that_are_refused(place: Place, content: bytes, media: str, refusal: tuple[int, str]) -> None:
    """What cannot be read, is of another kind, or is too large."""
    assert await place.ann.bring(content, media, "?store=good") == refusal


async def test_a_whole_megabyte(place: Place) -> None:
    """So much is read here, and nowhere else; it may be announced or come in pieces."""
    content = b"Fern: " + b"x" * (MEGABYTE - 6)
    status, report = await place.ann.bring(content, "text/plain")
    assert (status, report["wrong"]) == (200, 1)
    assert await place.ann.ask("POST", "/entries", json={**FERN, "body": "x" * 70_000}) == (
        413,
        "request_entity_too_large",
    )


async def test_a_file_without_a_length_is_not_read_to_its_end(place: Place) -> None:
    """Of ten megabytes that nobody has announced, no more is taken than of any."""
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(160):
            sent += 65_536
            yield b"x" * 65_536
            await asyncio.sleep(0)

    headers = {**_headers(place.ann.bearer), "Content-Type": "text/plain"}
    async with place.ann.client.post(
        f"{place.ann.url}/store/knowledge/import", data=pieces(), headers=headers
    ) as answer:
        assert answer.status == 413


async def test_a_store_that_knows_enough(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be too much is not stored at all; replacing needs no room."""
    monkeypatch.setattr("pipelines.knowledge.queries.MAX_ENTRIES", 2)
    store_id, entries = await a_store(pool), EntryQueries(pool)
    first, second, third = [Entry(EntryId(uuid4()), title, "Yes.") for title in "abc"]
    await entries.add(store_id, first)
    with pytest.raises(TooManyEntries):
        await entries.take_over(store_id, [second, third])
    assert (await entries.take_over(store_id, [first, second])).replaced == 1
    with pytest.raises(TooManyEntries):
        await entries.add(store_id, third)


async def test_two_changes_at_once(pool: asyncpg.Pool) -> None:
    """One wins, and the other is told."""
    store_id, entries = await a_store(pool), EntryQueries(pool)
    entry = Entry(EntryId(uuid4()), "a", "Yes.")
    await entries.add(store_id, entry)
    results = await asyncio.gather(
        *(entries.replace(store_id, entry, version=1) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == [*[EntryChanged.__name__] * 4, "bool"]


async def test_trying_a_question(place: Place) -> None:
    """Quoted, left to the model with facts, or unknown: with the entries behind it."""
    status, quoted = await place.ann.ask("POST", "/ask", json={"question": "How much is the basil?"})
    assert (status, quoted["basis"], [source["title"] for source in quoted["sources"]]) == (200, "price", ["basil"])
    assert quoted["answer"].startswith("The basil is $4.50.")
    _, left = await place.ann.ask("POST", "/ask", json={"question": "Is the monstera safe for cats?"})
    assert (left["basis"], left["answer"]) == ("facts", None)
    assert any(fact.startswith("Monstera: $38.") for fact in left["facts"])
    _, unknown = await place.ann.ask("POST", "/ask", json={"question": "How much is a chainsaw?"})
    assert (unknown["basis"], unknown["sources"]) == ("unknown", [])
    assert await place.ben.ask("POST", "/ask", json={"question": "Hello?"}) == (404, "no_assistant")


async def test_what_nobody_could_answer(pool: asyncpg.Pool) -> None:
    """Questions of calls that no entry answered, alike ones together, the latest first, until an entry is named so."""
    store_id, entries = await a_store(pool), EntryQueries(pool)
    asked = [
        ("Do you sell ferns?", Basis.UNKNOWN),
        ("do you sell ferns", Basis.NOTHING),
        ("Do you have a café?", Basis.NOTHING),
        ("How much is the basil?", Basis.PRICE),
        ("Is basil healthy?", Basis.FACTS),
    ]
    for minute, (question, basis) in enumerate(asked):
        await a_call(pool, store_id, question, basis, at=NOW + timedelta(minutes=minute))
    ferns, cafe = await entries.unanswered(store_id, limit=10), await entries.unanswered(store_id, limit=1)
    assert [(one.question, one.times) for one in ferns] == [("Do you have a café?", 1), ("do you sell ferns", 2)]
    assert [one.question for one in cafe] == ["Do you have a café?"]
    await entries.add(store_id, Entry(EntryId(uuid4()), "Ferns", "No.", "do you sell ferns"))
    assert [one.question for one in await entries.unanswered(store_id, limit=10)] == ["Do you have a café?"]
    assert await entries.unanswered(StoreId(uuid4()), limit=10) == []


async def a_store(pool: asyncpg.Pool) -> StoreId:
    """A store with an assistant."""
    store_id = StoreId(
        await pool.fetchval(
            "INSERT INTO stores (email, name, slug, password_hash) VALUES ('l@e.af', 'Leaf', 'leaf', '-') RETURNING id"
        )
    )
    content = AssistantContent(name="I", greeting="Hi")
    await AssistantQueries(pool).seed(
        AssistantId(uuid4()), store_id, slug="ivy", content=content, now=datetime.now(UTC)
    )
    return store_id


async def a_call(pool: asyncpg.Pool, store_id: StoreId, question: str, basis: Basis, *, at: datetime) -> None:
    """One question, and what its answer stood on."""
    assistant = await AssistantQueries(pool).of_store(store_id)
    assert assistant
    call = Conversation(ConversationId(uuid4()), store_id, assistant.id, None, "websocket", started_at=at)
    queries = ConversationQueries(pool)
    await queries.start(call)
    await queries.add(Turn(call.id, 0, Speaker.CALLER, question, at, at))
    grounds = Grounds(basis)
    await queries.add(
        Turn(call.id, 1, Speaker.ASSISTANT, "Well.", at, at, answered_by=AnsweredBy.GROUNDED, grounds=grounds)
    )
