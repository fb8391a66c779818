"""Events out: what a store's endpoints are told, signed, logged, and tried again."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from auth.audit.log import Audit
from auth.audit.queries import AuditQueries
from auth.http.pages import NEWEST
from auth.principals import Kind, StoreId
from auth.tokens.keys import shared_secret
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Ending
from pipelines.events.delivery import DISABLED_AFTER, MAX_AT_ONCE, WAITS, Deliveries
from pipelines.events.queries import MAX_WEBHOOKS, WebhookQueries
from pipelines.events.records import Delivery, DeliveryId, State, Webhook, WebhookId
from pipelines.events.signing import Signer
from pipelines.outgoing import Reply, Unreachable
from tests.auth_world import Clock
from tests.integration.test_conversations import MINUTE, NOW, People, settle
from tests.working import until, worker

SIGNER = Signer(b"k" * 32)


def signed_by(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Check as a receiver of Standard Webhooks does."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    version, _, signature = headers["webhook-signature"].partition(",")
    return version == "v1" and b64decode(signature) == digest(b64decode(secret.removeprefix("whsec_")), signed, sha256)


@dataclass
class Endpoint:
    """Stands in for the way out: answers with what the test says, and checks the signature of what it is sent."""

    secret: str
    store_id: StoreId
    status: int | None = 200
    bodies: list[dict[str, object]] = field(default_factory=list)
    waiting: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Answer at once."""
        self.open.set()

    async def post(self, text: str, body: bytes, headers: Mapping[str, str], *, of: StoreId, timeout_s: float) -> Reply:
        """Answer, or not."""
        assert of == self.store_id
        assert text == "https://shop.example/hook"
        assert timeout_s <= 10
        assert signed_by(self.secret, headers, body)
        self.waiting += 1
        await self.open.wait()
        if self.status is None:
            raise Unreachable("It took too long.")
        self.bodies.append(json.loads(body))
        assert headers["webhook-id"] == self.bodies[-1]["id"]
        return Reply(self.status, b"")


@dataclass
class Shop:
    """A store with an endpoint, and the job that delivers to it."""

    pool: asyncpg.Pool
    people: People
    webhook_id: WebhookId
    queries: WebhookQueries
    endpoint: Endpoint
    deliveries: Deliveries
    clock: Clock

    async def publish(self) -> DeliveryId:
        """Tell it of a call; return the only delivery."""
        conversation = self.people.conversation()
        await ConversationQueries(self.pool).start(conversation)
        return (await self.log())[0].id

    async def log(self) -> list[Delivery]:
        """The log of the endpoint."""
        found = await self.queries.deliveries(self.people.store_id, self.webhook_id, before=NEWEST, limit=50)
        assert found is not None
        return list(found)

    async def jobs(self) -> list[dict[str, str]]:
        """The attempts that are waiting."""
        rows = await self.pool.fetch("SELECT args::text FROM procrastinate_jobs ORDER BY id")
        return [json.loads(row["args"]) for row in rows]

    async def disabled(self) -> bool:
        """Whether it gets nothing more."""
        (webhook,) = await self.queries.of_store(self.people.store_id)
        return webhook.disabled_at is not None


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    """It wants to know of calls that start."""
    people, queries, clock = await settle(pool, "leaf"), WebhookQueries(pool), Clock()
    webhook = Webhook(WebhookId(uuid4()), "https://shop.example/hook", ["call.started"], NOW, None, None)
    assert await queries.add(webhook, people.store_id)
    endpoint = Endpoint(SIGNER.secret(webhook.id), people.store_id)
    audit = Audit(Kind.STORE, AuditQueries(pool), now=clock)
    deliveries = Deliveries(queries, endpoint, SIGNER, audit, now=clock)
    return Shop(pool, people, webhook.id, queries, endpoint, deliveries, clock)


async def test_an_event_is_delivered_once_and_logged(shop: Shop) -> None:
    """A job that is done twice, as after a killed worker, sends it once."""
    delivery_id = await shop.publish()
    assert await shop.jobs() == [{"delivery_id": str(delivery_id), "attempt": "1"}]
    await shop.deliveries.attempt(delivery_id, 1)
    await shop.deliveries.attempt(delivery_id, 1)
    (sent,) = shop.endpoint.bodies
    logged_id = await shop.pool.fetchval("SELECT id FROM conversations")
    assert (sent["type"], sent["data"]) == (
        "call.started",
        {"conversation_id": str(logged_id), "channel": "websocket", "direction": "inbound"},
    )
    (logged,) = await shop.log()
    assert (logged.state, logged.attempts, logged.status, logged.error) == (State.DELIVERED, 1, 200, None)
    assert str(logged.event_id) == sent["id"]


async def test_only_what_an_endpoint_asked_for_is_sent(shop: Shop) -> None:
    """Other events, and other stores' events, leave neither row nor job."""
    stranger = await settle(shop.pool, "stone")
    await ConversationQueries(shop.pool).start(stranger.conversation())
    assert (await shop.log(), await shop.jobs()) == ([], [])


@pytest.mark.parametrize("status", [None, 500, 302, 404])
async def test_a_failure_is_tried_again_for_a_day(shop: Shop, status: int | None) -> None:
    """Silence, refusals and redirects are failures; each waits longer, and the last one is given up."""
    shop.endpoint.status = status
    delivery_id = await shop.publish()
    for number in range(1, len(WAITS) + 2):
        await shop.deliveries.attempt(delivery_id, number)
    (logged,) = await shop.log()
    assert (logged.state, logged.attempts, logged.status) == (State.FAILED, len(WAITS) + 1, status)
    assert logged.error
    assert len(await shop.jobs()) == len(WAITS) + 1
    assert timedelta(hours=23) < sum(WAITS, timedelta(0)) < timedelta(hours=25)
    assert not await shop.disabled()


async def test_an_endpoint_that_fails_for_days_is_disabled(shop: Shop) -> None:
    """It is told nothing more, its owner reads so in the audit log, and can have it told again."""
    shop.endpoint.status = 500
    first = await shop.publish()
    await shop.deliveries.attempt(first, 1)
    shop.clock.forward(DISABLED_AFTER + MINUTE)
    await shop.deliveries.attempt(first, 2)
    assert await shop.disabled()
    assert await shop.pool.fetchval("SELECT event FROM audit_log") == "webhook_disabled"
    await shop.publish()
    assert len(await shop.log()) == 1
    assert await shop.queries.enable(shop.people.store_id, shop.webhook_id)
    assert not await shop.disabled()


async def test_a_success_ends_the_failing(shop: Shop) -> None:
    """Only what fails without a break for days is disabled."""
    shop.endpoint.status = 500
    delivery_id = await shop.publish()
    await shop.deliveries.attempt(delivery_id, 1)
    shop.endpoint.status = 204
    await shop.deliveries.attempt(delivery_id, 2)
    (webhook,) = await shop.queries.of_store(shop.people.store_id)
    assert webhook.failing_since is None


async def test_a_replay_is_a_delivery_of_its_own(shop: Shop) -> None:
    """The receiver knows the event by its id; nobody replays another store's."""
    delivery_id = await shop.publish()
    await shop.deliveries.attempt(delivery_id, 1)
    stranger = await settle(shop.pool, "stone")
    assert not await shop.queries.replay(stranger.store_id, delivery_id, now=shop.clock())
    shop.clock.forward(MINUTE)
    assert await shop.queries.replay(shop.people.store_id, delivery_id, now=shop.clock())
    again, _ = await shop.log()
    await shop.deliveries.attempt(again.id, 1)
    assert shop.endpoint.bodies[0] == shop.endpoint.bodies[1]


async def test_a_store_has_a_few_endpoints(shop: Shop) -> None:
    """One more than MAX_WEBHOOKS is refused."""
    for number in range(1, MAX_WEBHOOKS + 1):
        webhook = Webhook(WebhookId(uuid4()), "https://shop.example/hook", ["call.ended"], NOW, None, None)
        assert await shop.queries.add(webhook, shop.people.store_id) is (number < MAX_WEBHOOKS)


async def test_the_worker_tells_of_a_call(pool: asyncpg.Pool, database_url: str, tmp_path: Path) -> None:
    """From the call's own rows to a real endpoint: its start, and its end with what came of it."""
    bodies: list[dict[str, object]] = []
    signer, ids = Signer(shared_secret(tmp_path / "keys" / "webhooks.key")), list[UUID]()

    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        assert signed_by(signer.secret(ids[0]), request.headers, body)
        bodies.append(json.loads(body))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", receive)
    people, queries = await settle(pool, "leaf"), ConversationQueries(pool)
    async with TestServer(app) as server:
        events = ["call.ended", "call.started", "message.taken"]
        webhook = Webhook(WebhookId(uuid4()), str(server.make_url("/hook")), events, NOW, None, None)
        ids.append(webhook.id)
        await WebhookQueries(pool).add(webhook, people.store_id)
        conversation = people.conversation()
        await queries.start(conversation)
        await pool.execute(
            "INSERT INTO messages (id, store_id, conversation_id, taken_at, text, confirmed) "
            "VALUES (gen_random_uuid(), $1, $2, $3, 'Call me.', true)",
            people.store_id,
            conversation.id,
            NOW,
        )
        await queries.end(Ending(conversation.id, ended_at=NOW + MINUTE, end_reason="caller_left"))

        async def told() -> bool:
            return len(bodies) == len(events)

        async with worker(database_url, tmp_path):
            await until(told)
    ended, started, message = sorted(bodies, key=lambda body: str(body["type"]))
    assert isinstance(message["data"], dict)
    assert message["data"]["text"] == "Call me."
    assert started["data"] == {"conversation_id": str(conversation.id), "channel": "websocket", "direction": "inbound"}
    assert isinstance(ended["data"], dict)
    assert (ended["data"]["outcome"], ended["data"]["end_reason"]) == ("nothing_said", "caller_left")
    # What was told of a conversation goes with it.
    await queries.erase(conversation.id)
    assert await pool.fetchval("SELECT count(*) FROM webhook_deliveries") == 0


async def test_endpoints_that_hang_do_not_keep_the_worker_from_others(shop: Shop) -> None:
    """A store has a few attempts under way; the next one is put off, and made later as if nothing had been."""
    shop.endpoint.open.clear()
    for _ in range(MAX_AT_ONCE + 1):
        await shop.publish()
    *first, last = [delivery.id for delivery in await shop.log()]
    hanging = [asyncio.create_task(shop.deliveries.attempt(each, 1)) for each in first]
    async with asyncio.timeout(10):
        while shop.endpoint.waiting < MAX_AT_ONCE:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0)
    await shop.deliveries.attempt(last, 1)
    assert (await shop.jobs())[-1] == {"delivery_id": str(last), "attempt": "1"}
    shop.endpoint.open.set()
    await asyncio.gather(*hanging)
    await shop.deliveries.attempt(last, 1)
    assert {delivery.state for delivery in await shop.log()} == {State.DELIVERED}
