"""The WebRTC door with a real peer on loopback, a real database and doubles for the providers.

Each test ends with `doors` making sure that no session, task, UDP socket or decoder is left.
"""

import asyncpg

from auth.principals import Kind
from pipelines.limits import EndReason
from tests.voice_world import doors
from tests.webrtc_world import call


async def test_a_conversation(pool: asyncpg.Pool) -> None:
    """Greeting, question, answer, goodbye, as on the websocket: audio as Opus, RTVI on the data channel."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-ready")
        await browser.hear("bot-stopped-speaking")
        greeted_s = browser.loud_seconds()
        await browser.say()
        heard = await browser.hear("user-transcription")
        await browser.hear("bot-stopped-speaking")
        await browser.tell("disconnect-bot")

        assert await browser.ended() == EndReason.CALLER_LEFT
        assert heard["data"]["text"] == "hello there"
        assert 0.2 <= greeted_s <= 0.5
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_store_talks_to_its_own_assistant(pool: asyncpg.Pool) -> None:
    """The store host has the same door."""
    async with doors(pool) as world, call(world, kind=Kind.STORE) as browser:
        await browser.ready()
        await browser.hear("bot-started-speaking")
