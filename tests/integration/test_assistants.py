"""A store's assistants: edited as drafts, published under numbers, found by users, and kept by conversations."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from auth.principals import StoreId
from pipelines.assistants.queries import AssistantQueries
from pipelines.providers.wishes import Manner, Offered, Wishes
from server import app
from server.services import open_services
from server.settings import Settings
from tests.companies import company
from tests.doubles import Doubles
from tests.integration.test_webhooks import signed_by
from tests.shop import clock

Json = dict[str, Any]
Client = TestClient[web.Request, web.Application]

HOSTS = {"user": "user-api.local", "store": "store-api.local"}
IVY = {"name": "Ivy", "greeting": "Hello, this is Ivy."}
OFFERED = Offered(stt=("embedded",), llm=("openai", "embedded"), llm_models=("large-model",), tts=("embedded",))
WEEK = {"thursday": [{"opens": "09:00", "closes": "18:00"}]}


ORDERS = {
    "name": "check_order",
    "description": "Look up how far an order is",
    "parameters": {
        "type": "object",
        "properties": {"order_number": {"type": "string"}},
        "required": ["order_number"],
    },
    "examples": ["Where is my order?"],
}
CALL = {"name": "check_order", "arguments": {"order_number": "4512"}}


@dataclass
class Shop:
    """One signed-in store, and a user who looks for it."""

    client: Client
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        """Ask as the principal that the path begins with; return the status and the JSON of the answer."""
        headers = self.headers[path.split("/")[1]]
        async with self.client.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.status != 204 else {}

    async def sign_up(self, kind: str, name: str) -> None:
        """Go on as a new account."""
        form = {"email": f"{uuid4().hex}@example.com", "password": "four words of ours", "name": name}
        async with self.client.post(f"/{kind}/auth/signup", json=form, headers={"Host": HOSTS[kind]}) as answer:
            token = (await answer.json())["access_token"]
        self.headers[kind] = {"Host": HOSTS[kind], "Authorization": f"Bearer {token}"}

    async def create(self, **draft: object) -> Json:
        """Make an assistant."""
        status, made = await self.ask("POST", "/store/assistants", {"draft": {**IVY, **draft}})
        assert status == 201, made
        return made

    async def edit(self, made: Json, **change: object) -> tuple[int, Json]:
        """Change the draft as it was when `made` was read."""
        body = {"revision": made["revision"], **change}
        return await self.ask("PATCH", f"/store/assistants/{made['id']}/draft", body)

    async def publish(self, made: Json) -> Json:
        """Publish the draft as it was when `made` was read."""
        body = {"revision": made["revision"]}
        status, version = await self.ask("POST", f"/store/assistants/{made['id']}/publish", body)
        assert status == 200, version
        return version

    async def refusal(self, method: str, path: str, body: Json | None = None) -> tuple[int, str]:
        """Return the status and the code of a refusal."""
        status, answer = await self.ask(method, path, body)
        return status, answer["error"]["code"]


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """The whole server but for the models, on a Thursday at 2 PM in New York."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    # The clock of signatures and sessions, too: it stands still.
    thursday = clock(datetime(2026, 3, 5, 14, 0, tzinfo=UTC))
    async with (
        open_services(settings, database_url, Doubles(offered=OFFERED), now=thursday, generosity=1000) as services,
        TestClient(TestServer(app.build(settings, services))) as client,
    ):
        shop = Shop(client)
        for kind in HOSTS:
            await shop.sign_up(kind, "Marlow Garden")
        yield shop


async def test_nothing_is_heard_of_a_draft_until_it_is_published(shop: Shop, pool: asyncpg.Pool) -> None:
    """What callers have changes with a publication only, and each has its number."""
    made = await shop.create()
    assert (made["live_version"], made["changed"], made["default"]) == (None, True, True)
    start = ("POST", "/user/voice/start", {"store": "marlow-garden"})
    assert await shop.refusal(*start) == (404, "no_assistant")
    assert (await shop.publish(made))["number"] == 1
    assert (await shop.ask(*start))[0] == 200

    status, edited = await shop.edit(made, greeting="Good day.")
    assert (status, edited["live_version"], edited["changed"]) == (200, 1, True)
    assert edited["draft"] == {**made["draft"], "greeting": "Good day."}
    live = await AssistantQueries(pool).of_slug("marlow-garden")
    assert live is not None
    assert (live.version, live.greeting) == (1, IVY["greeting"])
    draft = await AssistantQueries(pool).of_store(live.store_id, draft=True)
    assert draft is not None
    assert (draft.version, draft.greeting) == (None, "Good day.")

    assert (await shop.publish(edited))["number"] == 2
    live = await AssistantQueries(pool).of_slug("marlow-garden")
    assert live is not None
    assert (live.version, live.greeting) == (2, "Good day.")


async def test_publishing_may_be_repeated(shop: Shop) -> None:
    """Whoever lost the answer asks again and gets the same number, also many at once."""
    made = await shop.create()
    versions = await asyncio.gather(*(shop.publish(made) for _ in range(5)))
    assert {version["number"] for version in versions} == {1}


async def test_two_tabs_do_not_overwrite_each_other(shop: Shop) -> None:
    """Of two changes to one state the second is refused, and so is publishing what one has not read."""
    made = await shop.create()
    tried = await asyncio.gather(shop.edit(made, name="Ann"), shop.edit(made, name="Ben"))
    assert sorted(status for status, _ in tried) == [200, 409]
    path = f"/store/assistants/{made['id']}"
    assert await shop.refusal("POST", f"{path}/publish", {"revision": 1}) == (409, "draft_changed")
    (name,) = [answer["draft"]["name"] for status, answer in tried if status == 200]
    assert (await shop.ask("GET", path))[1]["draft"]["name"] == name


async def test_going_back_is_one_call(shop: Shop, pool: asyncpg.Pool) -> None:
    """An older version is published once more, the draft stays, and what was published never changes."""
    made = await shop.create()
    await shop.publish(made)
    _, edited = await shop.edit(made, greeting="Good day.")
    await shop.publish(edited)
    path = f"/store/assistants/{made['id']}"

    status, restored = await shop.ask("POST", f"{path}/restore", {"version": 1})
    assert (status, restored["number"], restored["restored_from"]) == (200, 3, 1)
    assert restored["content"]["greeting"] == IVY["greeting"]
    assert (await shop.ask("GET", path))[1]["draft"]["greeting"] == "Good day."
    _, page = await shop.ask("GET", f"{path}/versions?limit=2")
    assert ([version["number"] for version in page["versions"]], page["next_before"]) == ([3, 2], 2)
    _, rest = await shop.ask("GET", f"{path}/versions?before=2")
    assert ([version["number"] for version in rest["versions"]], rest["next_before"]) == ([1], None)
    assert await shop.ask("GET", f"{path}/versions/3") == (200, restored)
    assert await shop.refusal("POST", f"{path}/restore", {"version": 9}) == (404, "version_not_found")
    for number in ("0", "9", "x", "1" * 30):
        assert await shop.refusal("GET", f"{path}/versions/{number}") == (404, "version_not_found")
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute("UPDATE assistant_versions SET content = '{}'")


async def test_several_assistants(shop: Shop) -> None:
    """Users name one or get the default one; which that is can change, and it cannot go while there are others."""
    ivy, max_ = await shop.create(), await shop.create(name="Max")
    assert [ivy["slug"], max_["slug"]] == ["ivy", "max"]
    assert await shop.refusal("POST", f"/store/assistants/{max_['id']}/default") == (409, "not_published")
    for made in (ivy, max_):
        await shop.publish(made)
    assert await shop.refusal("DELETE", f"/store/assistants/{ivy['id']}") == (409, "default_assistant")
    assert (await shop.ask("POST", f"/store/assistants/{max_['id']}/default"))[1]["default"]
    _, listed = await shop.ask("GET", "/store/assistants")
    assert [(each["slug"], each["default"]) for each in listed["assistants"]] == [("max", True), ("ivy", False)]

    named = {"store": "marlow-garden", "assistant": "ivy"}
    assert (await shop.ask("POST", "/user/voice/start", named))[0] == 200
    assert (await shop.ask("DELETE", f"/store/assistants/{ivy['id']}"))[0] == 204
    assert await shop.refusal("POST", "/user/voice/start", named) == (404, "no_assistant")
    assert (await shop.create())["slug"] == "ivy"


async def test_only_what_the_server_offers_can_be_chosen(shop: Shop, pool: asyncpg.Pool) -> None:
    """Everything else is refused by name, with what there is; what was chosen, conversations have."""
    assert (await shop.ask("GET", "/store/models"))[1] == {
        "stt": ["embedded"],
        "llm": ["openai", "embedded"],
        "llm_models": ["large-model"],
        "tts": ["embedded"],
        "voices": [],
    }
    made = await shop.create()
    for wish, told in (
        ({"llm": "anthropic"}, "models.llm: It has to be one of openai, embedded, or null."),
        ({"llm": "embedded", "llm_model": "large-model"}, "models.llm: It has to be one of openai, or null."),
        ({"llm_model": "other"}, "models.llm_model: It has to be one of large-model, or null."),
        ({"voice": "x"}, "models.voice: It has to be null: there is nothing to choose from."),
        ({"speaking_rate": 3}, "models.speaking_rate: Input should be less than or equal to 1.3"),
    ):
        status, answer = await shop.edit(made, models=wish)
        assert (status, answer["error"]["message"]) == (400, told)
        assert (await shop.ask("POST", "/store/assistants", {"draft": {**IVY, "models": wish}}))[0] == 400
    _, made = await shop.edit(made, models={"llm_model": "large-model", "speaking_rate": 1.1})
    await shop.publish(made)
    live = await AssistantQueries(pool).of_slug("marlow-garden")
    assert live is not None
    assert live.wishes == Wishes(llm_model="large-model", manner=Manner(rate=1.1))


async def test_slugs_are_ones_own(shop: Shop) -> None:
    """A name that is taken is refused when it was asked for, and made different when it was not."""
    await shop.create()
    taken = {"slug": "ivy", "draft": IVY}
    assert await shop.refusal("POST", "/store/assistants", taken) == (409, "slug_taken")
    assert (await shop.create())["slug"].startswith("ivy-")
    await shop.sign_up("store", "Another")
    assert (await shop.ask("POST", "/store/assistants", taken))[0] == 201


async def test_there_is_an_end_of_assistants(shop: Shop) -> None:
    """A store has 20 at the most."""
    for _ in range(20):
        await shop.create()
    assert await shop.refusal("POST", "/store/assistants", {"draft": IVY}) == (409, "too_many_assistants")


async def test_another_stores_assistant_is_as_missing_as_none(shop: Shop) -> None:
    """Nobody reads, changes, publishes or deletes what is not theirs."""
    made = await shop.create()
    await shop.publish(made)
    await shop.sign_up("store", "Another")
    for assistant_id in (made["id"], uuid4(), "x"):
        path = f"/store/assistants/{assistant_id}"
        for method, end, body in (
            ("GET", "", None),
            ("DELETE", "", None),
            ("PATCH", "/draft", {"revision": 1, "name": "Mine"}),
            ("POST", "/publish", {"revision": 1}),
            ("POST", "/restore", {"version": 1}),
            ("POST", "/default", None),
            ("GET", "/versions", None),
            ("GET", "/versions/1", None),
        ):
            assert await shop.refusal(method, path + end, body) == (404, "assistant_not_found")


async def test_a_change_is_judged_with_the_rest(shop: Shop) -> None:
    """What is too long together is refused, and names what to do; the draft stays."""
    made = await shop.create(instructions="Be kind. " * 280)
    status, answer = await shop.edit(made, persona="A patient gardener. " * 25)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert "tokens" in answer["error"]["message"]
    assert (await shop.ask("GET", f"/store/assistants/{made['id']}"))[1] == made


async def test_the_stores_test_call_may_have_the_draft(shop: Shop) -> None:
    """An assistant can be tried before it is published."""
    await shop.create()
    assert await shop.refusal("POST", "/store/voice/start", {}) == (404, "no_assistant")
    assert (await shop.ask("POST", "/store/voice/start", {"draft": True}))[0] == 200
    assert (await shop.ask("POST", "/store/voice/start", {"draft": True, "assistant": "ivy"}))[0] == 200


async def test_users_find_stores(shop: Shop) -> None:
    """By name, page by page, and those that are open or closed now; stores that are not for users are not shown."""
    for name, draft in (
        ("Fern & Fig", {"hours": WEEK, "time_zone": "America/New_York"}),
        ("Bolts", {"hours": WEEK, "time_zone": "Asia/Tokyo"}),
        ("Secret", {"open_to_users": False}),
        ("Draft", None),
        ("100% Wool_", {}),
    ):
        await shop.sign_up("store", name)
        made = await shop.create(**draft or {})
        if draft is not None:
            await shop.publish(made)

    async def found(query: str) -> list[str]:
        _, page = await shop.ask("GET", f"/user/stores?{query}")
        return [store["slug"] for store in page["stores"]]

    assert await found("") == ["100-wool", "bolts", "fern-fig"]
    assert await found("search=FERN") == ["fern-fig"]
    assert await found("search=%25") == await found("search=_") == ["100-wool"]
    assert await found("open=true") == ["fern-fig"]
    assert await found("open=false") == ["100-wool", "bolts"]
    _, first = await shop.ask("GET", "/user/stores?limit=2")
    assert first["next_after"] == "bolts"
    assert await found("limit=2&after=bolts") == ["fern-fig"]
    assert (await shop.ask("GET", "/user/stores?limit=3"))[1]["next_after"] is None
    for missing in ("secret", "draft", "marlow-garden", "nowhere", "%00"):
        assert await shop.refusal("GET", f"/user/stores/{missing}") == (404, "store_not_found")


async def test_a_stores_page(shop: Shop) -> None:
    """Who answers and what they can do, the hours, and whether the doors are open."""
    holidays = [{"first": "2026-03-05", "name": "Inventory"}, {"first": "2026-12-24", "last": "2026-12-26"}]
    made = await shop.create(hours=WEEK, holidays=holidays, time_zone="America/New_York", tools=["take_message"])
    await shop.publish(made)
    status, page = await shop.ask("GET", "/user/stores/marlow-garden")
    assert (status, page["open"], page["next_opening"]) == (200, False, "2026-03-12T09:00:00-04:00")
    assert page["assistants"] == [
        {"slug": "ivy", "name": "Ivy", "default": True, "language": "en", "can": ["take_message"]}
    ]
    assert page["hours"][3] == {"weekday": "Thursday", "hours": [{"opens": "09:00:00", "closes": "18:00:00"}]}
    assert [each["name"] for each in page["holidays"]] == ["Inventory"]


async def test_a_store_that_is_not_for_users_opens_for_none(shop: Shop) -> None:
    """Also when they know its name; the store itself may try it."""
    await shop.publish(await shop.create(open_to_users=False))
    assert await shop.refusal("POST", "/user/voice/start", {"store": "marlow-garden"}) == (404, "no_assistant")
    assert (await shop.ask("POST", "/store/voice/start", {}))[0] == 200


async def test_a_deleted_assistant_stays_with_its_conversations(shop: Shop, pool: asyncpg.Pool) -> None:
    """What was said remains on record, with the version that said it."""
    made = await shop.create()
    await shop.publish(made)
    await pool.execute(
        """
        INSERT INTO conversations (store_id, assistant_id, assistant_version, channel, started_at)
        SELECT store_id, id, 1, 'websocket', now() FROM assistants
        """
    )
    assert (await shop.ask("DELETE", f"/store/assistants/{made['id']}"))[0] == 204
    _, page = await shop.ask("GET", "/store/conversations")
    assert [each["assistant_version"] for each in page["conversations"]] == [1]
    assert await shop.refusal("GET", f"/store/assistants/{made['id']}") == (404, "assistant_not_found")


async def test_a_store_without_assistants_goes_without_trace(shop: Shop, pool: asyncpg.Pool) -> None:
    """With the store go its assistants and all their versions."""
    await shop.publish(await shop.create())
    assert await pool.fetchval("SELECT count(*) FROM assistant_versions") == 1
    await pool.execute("DELETE FROM stores")
    assert await pool.fetchval("SELECT count(*) FROM assistants") == 0
    assert await pool.fetchval("SELECT count(*) FROM assistant_versions") == 0
    assert await AssistantQueries(pool).of_store(StoreId(uuid4())) is None


async def test_tools_are_published_and_tried(shop: Shop) -> None:
    """They belong to the version; the draft's can be called once, and their endpoints know that it is us."""

    async def orders(request: web.Request) -> web.Response:
        message = await request.json()
        assert message["data"] == {"tool": "check_order", "arguments": CALL["arguments"], "conversation_id": None}
        assert signed_by(secret, request.headers, await request.read())
        return web.json_response({"say": "It is on its way."})

    async with company(orders) as url:
        made = await shop.create(own_tools=[{**ORDERS, "url": url}])
        path = f"/store/assistants/{made['id']}/tools"
        _, listed = await shop.ask("GET", path)
        (tool,) = listed["tools"]
        secret = tool.pop("secret")
        assert (tool, secret[:6]) == ({"name": "check_order", "url": url}, "whsec_")
        status, tried = await shop.ask("POST", f"{path}/call", CALL)
        assert (status, tried["outcome"], tried["say"], tried["error"]) == (200, "ok", "It is on its way.", "")
    status, tried = await shop.ask("POST", f"{path}/call", CALL)
    assert (status, tried["outcome"], tried["say"]) == (200, "failed", "")

    assert await shop.refusal("POST", f"{path}/call", {**CALL, "name": "refund"}) == (404, "tool_not_found")
    assert await shop.refusal("POST", f"{path}/call", {**CALL, "arguments": {}}) == (400, "invalid_request")
    version = await shop.publish(made)
    await shop.edit(made, own_tools=[])
    _, first = await shop.ask("GET", f"/store/assistants/{made['id']}/versions/{version['number']}")
    assert [each["name"] for each in first["content"]["own_tools"]] == ["check_order"]
    assert (await shop.ask("GET", path))[1] == {"tools": []}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://169.254.169.254/"),
        ("url", "http://shop.example/orders"),
        ("name", "take_message"),
        ("name", "Check order"),
        ("timeout_s", 60),
        ("parameters", {"type": "object", "patternProperties": {}}),
    ],
)
async def test_tools_that_cannot_be_are_refused(shop: Shop, field: str, value: object) -> None:
    """When they are written, and not in the middle of a call; the message names the field."""
    tool = {**ORDERS, "url": "https://shop.example/orders", field: value}
    body = {"draft": {**IVY, "own_tools": [tool]}}
    assert await shop.refusal("POST", "/store/assistants", body) == (400, "invalid_request")
    made = await shop.create()
    status, answer = await shop.edit(made, own_tools=[tool])
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert answer["error"]["message"].startswith(f"own_tools.0.{field}: ")


async def test_two_tools_have_two_names(shop: Shop) -> None:
    """A model could not tell them apart."""
    tool = {**ORDERS, "url": "https://shop.example/orders"}
    body = {"draft": {**IVY, "own_tools": [tool, tool]}}
    assert await shop.refusal("POST", "/store/assistants", body) == (400, "invalid_request")
