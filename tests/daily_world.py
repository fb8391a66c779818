"""The whole server with doubles for models, connected with a Daily of our own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from yarl import URL

from server import app, demo
from server.services import Services, open_services
from server.settings import Settings
from telephony.call_queries import CallQueries
from telephony.calls import Provider
from telephony.number_queries import NumberQueries
from tests.daily_api import KEY, DailyRest, serving
from tests.daily_cloud import Cloud, Person, clouded
from tests.doubles import Doubles
from tests.services import DEADLINE_S
from tests.voice_world import served

NUMBER = "+12025550123"
TWILIO: dict[str, Any] = {
    "telephony_twilio_account_sid": "AC" + "0" * 32,
    "telephony_twilio_auth_token": "token",
    "telephony_twilio_app_sid": "AP" + "0" * 32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyWorld:
    """A server at `url`, and Daily's two sides: what is asked of its API, and who is in its rooms."""

    url: URL
    http: aiohttp.ClientSession
    rest: DailyRest
    cloud: Cloud
    services: Services
    pool: asyncpg.Pool
    calls: CallQueries
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: object = None, *, user: bool = False) -> tuple[int, Any]:
        """Ask the Store API as the demo store, or the User API as the demo user."""
        side = "user" if user else "store"
        email = demo.DEMO_USER_EMAIL if user else demo.DEMO_STORE_EMAIL
        headers = {"Host": f"{side}.localhost:{self.url.port}"}
        login = {"email": email, "password": demo.DEMO_PASSWORD}
        if side not in self.tokens:
            async with self.http.post(self.url / f"{side}/auth/login", json=login, headers=headers) as answer:
                self.tokens[side] = (await answer.json())["access_token"]
        headers["Authorization"] = f"Bearer {self.tokens[side]}"
        async with self.http.request(method, self.url / path, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def start(self) -> tuple[int, Any]:
        """Ask for a room, as an app does."""
        wanted = {"store": demo.STORE_SLUG, "transport": "daily"}
        return await self.ask("POST", "user/voice/start", wanted, user=True)

    async def enter(self) -> Person:
        """Ask for a room, and go in."""
        status, started = await self.start()
        assert status == 200, started
        return self.cloud.enter(started["dailyRoom"], started["dailyToken"])

    async def conversations(self) -> list[Any]:
        """What is on record, once all is over."""
        await self.until(lambda: len(self.services.registry) == 0)
        _, page = await self.ask("GET", "store/conversations")
        return list(page["conversations"])

    async def greeted(self) -> None:
        """Wait until the assistant says something in some room."""
        await self.until(lambda: any(call.microphone and call.microphone.loud for call in self.cloud.calls))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
                await asyncio.sleep(0.01)


@asynccontextmanager
async def daily_world(
    database_url: str,
    folder: Path,
    *,
    providers: Doubles | None = None,
    rest: DailyRest | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **changes: Any,  # noqa: ANN401 - settings
) -> AsyncIterator[DailyWorld]:
    """Serve for the block; the demo store has NUMBER. Afterwards nothing of Daily's client is left."""
    async with serving(rest or DailyRest()) as api, clouded(api) as cloud:
        chosen: dict[str, Any] = {
            "data_dir": folder,
            "telephony_provider": ("daily",),
            "telephony_daily_api_key": KEY,
            "telephony_daily_api_url": str(api.url),
            "public_url": "http://store.localhost",
        }
        settings = Settings(_env_file=None, **chosen | changes)
        async with open_services(settings, database_url, providers or Doubles(), now=now) as services:
            await demo.seed(services)
            async with served(app.build(settings, services)) as url:
                try:
                    pool = await asyncpg.create_pool(database_url, min_size=1, max_size=2)
                    async with pool, aiohttp.ClientSession() as http:
                        await NumberQueries(pool).assign(NUMBER, Provider.DAILY, demo.STORE_SLUG, now=now())
                        yield DailyWorld(
                            url=url,
                            http=http,
                            rest=api,
                            cloud=cloud,
                            services=services,
                            pool=pool,
                            calls=CallQueries(pool),
                        )
                finally:
                    await services.registry.drain(timeout_s=5)
