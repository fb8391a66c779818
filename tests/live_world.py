"""Two processes over one database, callers in one of them, and the store's staff at the other."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession
from yarl import URL

from pipelines.limits import EndReason
from server import app, demo
from server.services import Services, open_services
from server.settings import Settings
from tests.doubles import Doubles
from tests.voice_world import DEADLINE_S, Caller, served

USER_HOST, STORE_HOST = "user-api.local", "store-api.local"

Json = dict[str, Any]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most DEADLINE_S."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
            await asyncio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Reached:
    """A process, as people reach it."""

    client: ClientSession
    url: URL

    async def log_in(self, kind: str) -> str:
        """Sign in the demo's user or store; return the bearer."""
        email = demo.DEMO_USER_EMAIL if kind == "user" else demo.DEMO_STORE_EMAIL
        host = USER_HOST if kind == "user" else STORE_HOST
        answer = await self.client.post(
            f"/{kind}/auth/login", json={"email": email, "password": demo.DEMO_PASSWORD}, headers={"Host": host}
        )
        bearer: str = (await answer.json())["access_token"]
        return bearer

    @asynccontextmanager
    async def call(self, bearer: str | None = None, *, resume: str | None = None) -> AsyncIterator[Caller]:
        """Call the demo store as its user; with a resume token, come back. What is said first has begun."""
        headers = {"Host": USER_HOST, "Authorization": f"Bearer {bearer or await self.log_in('user')}"}
        params = {"store": demo.STORE_SLUG, **({"resume": resume} if resume else {})}
        async with self.client.ws_connect("/user/voice/ws", params=params, headers=headers, max_msg_size=0) as socket:
            caller = Caller(socket)
            await caller.ready()
            await caller.hear("bot-started-speaking")
            yield caller

    async def as_user(self, path: str) -> Json:
        """What the demo's user is told."""
        headers = {"Host": USER_HOST, "Authorization": f"Bearer {await self.log_in('user')}"}
        answer = await self.client.get(f"/user{path}", headers=headers)
        told: Json = await answer.json()
        return told


@dataclass(frozen=True, slots=True)
class Process(Reached):
    """One that runs here."""

    services: Services

    async def empty(self) -> None:
        """End every conversation, and wait for it."""
        for live in self.services.registry.sessions():
            live.end(EndReason.CALLER_LEFT)
        await until(lambda: len(self.services.registry) == 0)


class Stream:
    """Server-sent events, read one after the other."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.told: list[str] = []

    async def next(self, kind: str) -> Json:
        """Read until an event of this kind comes, and return its data."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                name, data = await self._event()
                self.told.append(name)
                assert data["type"] == name
                if name == kind:
                    return data

    async def over(self) -> bool:
        """Whether the stream ends here."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._response.content.read() == b""

    async def _event(self) -> tuple[str, Json]:
        lines = (await self._response.content.readuntil(b"\n\n")).decode().splitlines()
        return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of a store, signed in at one process."""

    process: Reached
    bearer: str

    async def ask(self, method: str, path: str, body: Json | None = None) -> ClientResponse:
        """Ask the Store API."""
        headers = {"Host": STORE_HOST, "Authorization": f"Bearer {self.bearer}"}
        return await self.process.client.request(method, f"/store{path}", json=body, headers=headers)

    async def told(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask what must be answered with JSON."""
        answer = await self.ask(method, path, body)
        assert answer.status == 200, await answer.text()
        told: Json = await answer.json()
        return told

    async def refused(self, method: str, path: str, body: Json | None = None) -> tuple[int, str]:
        """Ask what must be refused; return status and code."""
        answer = await self.ask(method, path, body)
        return answer.status, (await answer.json())["error"]["code"]

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Stream]:
        """Read the store's events."""
        headers = {"Host": STORE_HOST, "Authorization": f"Bearer {self.bearer}"}
        async with self.process.client.get("/store/live/events", headers=headers) as response:
            assert response.content_type == "text/event-stream"
            yield Stream(response)

    async def running(self) -> list[Json]:
        """The conversations that go on."""
        listed: list[Json] = (await self.told("GET", "/live"))["conversations"]
        return listed

    async def on_record(self) -> Json:
        """Wait until the one conversation is on record, and return it."""
        async with asyncio.timeout(DEADLINE_S):
            while not (listed := await self.running()):  # noqa: ASYNC110 - another process tells when it asks only
                await asyncio.sleep(0.01)
        return listed[0]


@dataclass(frozen=True, slots=True)
class LiveWorld:
    """`here` callers talk; `staff` of the same store and `others` of another one are signed in `there`."""

    here: Process
    there: Process
    staff: Staff
    others: Staff


@asynccontextmanager
async def two_processes(
    database_url: str, folder: Path, *, providers: Doubles | None = None
) -> AsyncIterator[LiveWorld]:
    """Open them for the block, with the demo in the database."""
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(_process(database_url, folder, providers or Doubles())) for _ in range(2)
        ]
        signed_up = await there.client.post(
            "/store/auth/signup",
            json={"email": "other@store.example", "password": "four words of ours", "name": "Other"},
            headers={"Host": STORE_HOST, "Origin": "http://store.localhost:8080"},
        )
        others = Staff(there, (await signed_up.json())["access_token"])
        yield LiveWorld(here, there, Staff(there, await there.log_in("store")), others)
        await here.empty()


@asynccontextmanager
async def _process(database_url: str, folder: Path, providers: Doubles) -> AsyncIterator[Process]:
    settings = Settings(_env_file=None, data_dir=folder)
    async with open_services(settings, database_url, providers) as services:
        await demo.seed(services)
        async with served(app.build(settings, services)) as url, ClientSession(base_url=url) as client:
            yield Process(client, url, services)
