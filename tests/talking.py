"""The whole server but for the models, and somebody who talks to the demo's store through its front door."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from yarl import URL

from pipelines.caller.client import VoiceClient, open_http
from pipelines.caller.line import Exchange, Line
from pipelines.providers import Providers
from server import app, demo
from server.services import Services, open_services
from server.settings import Settings
from tests.doubles import Doubles, tone
from tests.raw_http import served
from tests.voice_world import now as system_clock

RATE_HZ = 16_000
QUESTION = tone(seconds=0.6, rate_hz=RATE_HZ) + bytes(RATE_HZ)
# No entry of the demo's store answers it, so that it goes the longest way.
ASKED = "Which plant is good for a dark bathroom?"
TOLD = "A fern likes that."
TOLD_S = 0.1 * len(TOLD.split())


def storyteller() -> Doubles:
    """Hears one question, and has one answer."""
    return Doubles(heard=lambda _audio: ASKED, answer=lambda _question: TOLD)


@dataclass(frozen=True, slots=True)
class House:
    """A server with the demo's accounts."""

    services: Services
    port: int

    @property
    def url(self) -> URL:
        """The User API's."""
        return URL.build(scheme="http", host="user.localhost", port=self.port)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Line]:
        """Talk as the demo's user, from behind the greeting on, and hang up."""
        async with open_http() as http:
            client = VoiceClient(http, self.url)
            await client.sign_in(email=demo.DEMO_USER_EMAIL, password=demo.DEMO_PASSWORD)
            async with client.line(store=demo.STORE_SLUG, rate_hz=RATE_HZ) as line:
                await line.greeting()
                yield line


def heard_s(answer: Exchange) -> float:
    """How much of the assistant's voice came: no sample of a double's is zero."""
    return np.count_nonzero(np.frombuffer(answer.reply_pcm, dtype="<i2")) / RATE_HZ


@asynccontextmanager
async def house(
    settings: Settings,
    database_url: str,
    providers: Providers | None = None,
    *,
    now: Callable[[], datetime] = system_clock,
) -> AsyncIterator[House]:
    """Serve it for the block."""
    async with (
        open_services(settings, database_url, providers or storyteller(), now=now) as services,
        served(app.build(settings, services)) as port,
    ):
        await demo.seed(services)
        yield House(services, port)
