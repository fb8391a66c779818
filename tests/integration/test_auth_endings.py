"""A session that ends in one process is heard of in every other one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from auth.accounts.accounts import canonical
from auth.notices import listening
from auth.notices.listening import Notices
from auth.notices.queries import APPLICATION, NoticeFeed, NoticeLine
from auth.principals import NO_DEVICE, Kind, SessionId
from auth.sessions.ending_queries import EndingQueries
from auth.sessions.endings import CHANNEL, Endings
from auth.sessions.sessions import IDLE, Grant
from pipelines.limits import CloseCode
from server import app, demo
from server.services import Services, open_services
from server.settings import Settings
from tests.auth_world import World
from tests.doubles import Doubles

DEADLINE_S = 10.0

Client = TestClient[web.Request, web.Application]


class Process:
    """What another process hears: `live` is what it has open, `closed` what it has closed."""

    def __init__(self, world: World, feed: NoticeFeed) -> None:
        self.live: set[SessionId] = set()
        self.closed: asyncio.Queue[SessionId] = asyncio.Queue()
        self.notices = Notices(feed)
        Endings(EndingQueries(world.pool), self, now=world.clock).follow(self.notices)

    def auth_sessions(self) -> set[SessionId]:
        """What is open here."""
        return self.live

    def close_auth_session(self, auth_session_id: SessionId) -> None:
        """Note it."""
        self.live.discard(auth_session_id)
        self.closed.put_nowait(auth_session_id)

    async def hears(self) -> SessionId:
        """Wait for the next session that it closes."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.closed.get()


class InterruptedFeed(NoticeFeed):
    """A feed that comes back only when the test allows it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.open = asyncio.Event()
        self.open.set()

    @asynccontextmanager
    async def listening(self, told: Callable[[str, str], None]) -> AsyncIterator[NoticeLine]:
        """Wait, then listen."""
        await self.open.wait()
        async with super().listening(told) as line:
            yield line


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


async def _session(world: World, email: str = "ann@example.com") -> Grant:
    user_id = await world.users.sign_up(
        email=canonical(email), password="a quiet garden path", name="Ann", device=NO_DEVICE
    )
    return await world.sessions(Kind.USER).start(user_id, NO_DEVICE)


async def test_every_way_to_end_a_session_is_told(world: World, database_url: str) -> None:
    """Revoked, or gone with its account; but not one whose revocation was taken back."""
    kept, revoked, deleted = [await _session(world, f"{name}@example.com") for name in ("ann", "bob", "cid")]
    process = Process(world, NoticeFeed(database_url))
    async with process.notices.kept():
        async with world.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("UPDATE sessions SET revoked_at = now(), revoked_reason = 'logout'")
            await transaction.rollback()
        await world.sessions(Kind.USER).revoke(revoked.session_id, NO_DEVICE)
        assert await process.hears() == revoked.session_id
        await world.pool.execute("DELETE FROM users WHERE id = $1", deleted.principal_id)
        assert await process.hears() == deleted.session_id
    assert process.closed.empty()
    assert await world.sessions(Kind.USER).is_live(kept.session_id)


async def test_what_ended_while_nobody_listened_is_found(world: World, database_url: str) -> None:
    """The connection breaks, a session and an account end, and the connection comes back."""
    kept, revoked = await _session(world), await _session(world, "bob@example.com")
    feed = InterruptedFeed(database_url)
    process = Process(world, feed)
    gone = SessionId(uuid4())
    async with process.notices.kept():
        process.live = {kept.session_id, revoked.session_id, gone}
        feed.open.clear()
        assert await world.pool.fetchval(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1", APPLICATION
        )
        await world.sessions(Kind.USER).revoke(revoked.session_id, NO_DEVICE)
        assert process.closed.empty()
        feed.open.set()
        assert {await process.hears(), await process.hears()} == {revoked.session_id, gone}
    assert process.closed.empty()


async def test_a_session_that_runs_out_is_found(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of its lifetime, or left idle: nobody ends it, so nobody tells, and it is looked for."""
    monkeypatch.setattr(listening, "CHECK_EVERY_S", 0.01)
    idle, outlived = await _session(world), await _session(world, "bob@example.com")
    ends_at = world.clock.now + timedelta(hours=1)
    await world.pool.execute("UPDATE sessions SET expires_at = $1 WHERE id = $2", ends_at, outlived.session_id)
    process = Process(world, NoticeFeed(database_url))
    process.live = {idle.session_id, outlived.session_id}
    async with process.notices.kept():
        assert process.closed.empty()
        world.clock.forward(timedelta(hours=1))
        assert await process.hears() == outlived.session_id
        world.clock.forward(IDLE - timedelta(hours=1))
        assert await process.hears() == idle.session_id


async def test_what_is_no_session_is_not_heard(world: World, database_url: str) -> None:
    """Anybody who may connect may notify; the listening goes on."""
    grant = await _session(world)
    process = Process(world, NoticeFeed(database_url))
    async with process.notices.kept():
        await world.pool.execute("SELECT pg_notify($1, 'nonsense')", CHANNEL)
        await world.sessions(Kind.USER).revoke(grant.session_id, NO_DEVICE)
        assert await process.hears() == grant.session_id


@asynccontextmanager
async def _server(database_url: str, folder: Path) -> AsyncIterator[tuple[Services, Client]]:
    """One process: its own pool, registry and port."""
    settings = Settings(_env_file=None, data_dir=folder)
    async with open_services(settings, database_url, Doubles()) as services:
        await demo.seed(services)
        async with TestClient(TestServer(app.build(settings, services))) as client:
            yield services, client


@pytest.mark.parametrize(("kind", "host"), [(Kind.USER, "user-api.local"), (Kind.STORE, "store-api.local")])
async def test_a_revocation_closes_the_call_on_another_server(
    database_url: str, tmp_path: Path, kind: Kind, host: str
) -> None:
    """The call runs through one server, its session is ended through the other: it closes with its own code."""
    async with AsyncExitStack() as stack:
        (first, here), (_, there) = [await stack.enter_async_context(_server(database_url, tmp_path)) for _ in range(2)]
        email = demo.DEMO_USER_EMAIL if kind is Kind.USER else demo.DEMO_STORE_EMAIL
        login = {"email": email, "password": demo.DEMO_PASSWORD}
        bearers = []
        for client in (here, there):
            answer = await client.post(f"/{kind}/auth/login", json=login, headers={"Host": host})
            bearers.append({"Host": host, "Authorization": f"Bearer {(await answer.json())['access_token']}"})
        path = f"/{kind}/voice/ws" + (f"?store={demo.STORE_SLUG}" if kind is Kind.USER else "")
        async with asyncio.timeout(DEADLINE_S), here.ws_connect(path, headers=bearers[0], autoclose=False) as socket:
            assert len(first.registry) == 1
            ended = await there.delete(f"/{kind}/sessions", headers=bearers[1])
            assert ended.status == 204
            while (message := await socket.receive()).type is not WSMsgType.CLOSE:
                assert message.type is WSMsgType.BINARY
            assert message.data == CloseCode.REVOKED
            assert (await here.get(f"/{kind}/me", headers=bearers[0])).status == 401
            await socket.close()
