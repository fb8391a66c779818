"""The whole server with doubles for models, a double of Twilio's REST API, and a Twilio that rings."""

import asyncio
import audioop
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web
from yarl import URL

from server import app, demo
from server.services import Services, open_services
from server.settings import Settings
from telephony.call_queries import CallQueries
from telephony.calls import Provider
from telephony.number_queries import NumberQueries
from telephony.twilio.simulator.leg import Leg, new_sid
from telephony.twilio.simulator.network import Account, Simulator
from tests.doubles import Doubles, tone
from tests.services import DEADLINE_S
from tests.twilio_api import ACCOUNT, APP, TOKEN, TwilioApi, serving

NUMBER = "+12025550123"
CALLER = "+12025550199"
HOST = "store.localhost"


def speech(seconds: float, *, level: int = 8_000) -> bytes:
    """A voice, to doubles, in µ-law."""
    return audioop.lin2ulaw(tone(seconds=seconds, rate_hz=8_000, level=level), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneWorld:
    """A server at `url`, where Twilio believes to find it, too."""

    url: URL
    http: aiohttp.ClientSession
    simulator: Simulator
    api: TwilioApi
    services: Services
    pool: asyncpg.Pool
    calls: CallQueries

    async def ring(self, sid: str | None = None, *, caller: str = CALLER, number: str = NUMBER) -> tuple[str, str]:
        """Call the number; return the CallSid and the TwiML."""
        sid = sid or new_sid("CA")
        self.api.ring(sid)
        return sid, await self.simulator.ring(number=number, caller=caller, call_sid=sid)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Leg]:
        """Call, and talk for the length of the block."""
        sid, twiml = await self.ring()
        async with self.simulator.stream(twiml, sid) as leg:
            yield leg

    async def hook(self, path: str, sid: str, *, status: str = "in-progress", **form: str) -> str:
        """Send a signed webhook; return the TwiML."""
        return await self.tell(path, self.simulator.form(sid, number=NUMBER, caller=CALLER, status=status, **form))

    async def tell(self, path: str, form: Mapping[str, str]) -> str:
        """The same with this form and nothing else."""
        code, body = await self.simulator.post(str(self.url.with_path(f"/phone/twilio/{path}")), form)
        assert code == 200, body
        return body

    async def store(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Ask the Store API as the demo store."""
        login = {"email": demo.DEMO_STORE_EMAIL, "password": demo.DEMO_PASSWORD}
        here, host = self.url.with_host("127.0.0.1"), {"Host": self.url.authority}
        async with self.http.post(here / "store/auth/login", json=login, headers=host) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}", **host}
        async with self.http.request(method, here / path, json=body, headers=headers) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def state(self, sid: str) -> tuple[str, str | None]:
        """How far a call is, and why it ended."""
        call = await self.calls.find(Provider.TWILIO, sid)
        assert call is not None
        return call.state, call.end_reason

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():  # noqa: ASYNC110 - what is watched has no event to wait for
                await asyncio.sleep(0.01)


@asynccontextmanager
async def phone_world(
    database_url: str,
    folder: Path,
    *,
    providers: Doubles | None = None,
    api: TwilioApi | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **changes: Any,  # noqa: ANN401 - settings
) -> AsyncIterator[PhoneWorld]:
    """Serve for the block; the demo store has NUMBER. `api` knows already what has happened before."""
    async with serving(api or TwilioApi()) as twilio:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        url = URL.build(scheme="http", host=HOST, port=port)
        settings = Settings(
            _env_file=None,
            data_dir=folder,
            port=port,
            public_url=str(url),
            telephony_provider=("twilio",),
            telephony_twilio_account_sid=ACCOUNT,
            telephony_twilio_auth_token=TOKEN,
            telephony_twilio_app_sid=APP,
            telephony_twilio_api_url=str(twilio.url),
            **changes,
        )
        async with open_services(settings, database_url, providers or Doubles(), now=now) as services:
            await demo.seed(services)
            runner = web.AppRunner(app.build(settings, services), shutdown_timeout=1)
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                pool = await asyncpg.create_pool(database_url, min_size=1, max_size=2)
                async with pool, aiohttp.ClientSession() as http:
                    await NumberQueries(pool).assign(NUMBER, Provider.TWILIO, demo.STORE_SLUG, now=datetime.now(UTC))
                    here = url.with_host("127.0.0.1")
                    account = Account(server=here, public_url=url, account_sid=ACCOUNT, auth_token=TOKEN)
                    yield PhoneWorld(
                        url=url,
                        http=http,
                        simulator=Simulator(http, account),
                        api=twilio,
                        services=services,
                        pool=pool,
                        calls=CallQueries(pool),
                    )
            finally:
                await services.registry.drain(timeout_s=5)
                await runner.cleanup()
