"""Coming back into a conversation after the network was lost, with real sockets and doubles for the providers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import asyncpg
import pytest

from auth.principals import Kind
from pipelines.limits import CloseCode, EndReason
from tests.doubles import Doubles
from tests.voice_world import Caller, World, doors

SENTENCE = "word " * 12
# As long as the sentence is spoken, 100 ms a word.
SENTENCE_S = 12 * 0.1

# What the smallest receive buffer of Linux confirms although nobody reads it.
IN_A_SMALL_BUFFER_S = 0.24


@asynccontextmanager
async def talking(world: World, bearer: str) -> AsyncIterator[tuple[Caller, str]]:
    """A caller in the middle of the assistant's sentence, and their resume token."""
    async with world.call(bearer) as caller:
        await caller.ready()
        token = (await caller.hear_server("resume-token"))["token"]
        await caller.hear("bot-stopped-speaking")
        caller.received.clear()
        await caller.say()
        await caller.hear("bot-started-speaking")
        while caller.heard_s() < SENTENCE_S / 3:
            await caller.receive()
        yield caller, token


async def refusal(world: World, bearer: str, resume: str) -> int:
    """The status of the plain HTTP answer to somebody who would like to come back."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with world.call(bearer, resume=resume):
            pass
    return refused.value.status


def providers() -> Doubles:
    """They answer one sentence, whatever is said, and repeat what they were told before."""
    return Doubles(answer=lambda _question: SENTENCE.strip())


async def test_who_comes_back_hears_the_unheard_rest(pool: asyncpg.Pool) -> None:
    """Dropped in mid-sentence: both parts together are the sentence, with no hole and hardly an overlap."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.drop()
            await world.until(lambda: any(live.resumption.waiting for live in world.registry.sessions()))
            async with world.call(bearer, resume=token) as returned:
                await returned.hear("bot-stopped-speaking")
                heard_s = caller.heard_s() + returned.heard_s()

                assert caller.heard_s() < SENTENCE_S
                # What left between the last frame that we read and the reset is lost to us or heard twice.
                assert SENTENCE_S <= heard_s <= SENTENCE_S + 0.12
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_network_that_only_looks_alive_is_taken_over(pool: asyncpg.Pool) -> None:
    """Nothing arrives any more and nobody says so: what TCP did not confirm is said again."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.stop_reading()
            # However long this is, nothing may be missing; the longer, the more there is to say again.
            await asyncio.sleep(0.5)
            async with world.call(bearer, resume=token) as returned:
                await returned.hear("bot-stopped-speaking")

                assert caller.heard_s() + returned.heard_s() >= SENTENCE_S - IN_A_SMALL_BUFFER_S
        await world.empty()


async def test_the_conversation_goes_on_where_it_was(pool: asyncpg.Pool) -> None:
    """The same context, one record, and a new token for the next time."""
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return SENTENCE

    async with doors(pool, providers=Doubles(answer=answer)) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.drop()
            async with world.call(bearer, resume=token) as returned:
                await returned.ready()
                await returned.hear("bot-ready")
                second = (await returned.hear_server("resume-token"))["token"]
                await returned.hear("bot-stopped-speaking")
                await returned.say()
                await returned.hear("bot-stopped-speaking")
                returned.drop()
                async with world.call(bearer, resume=second) as again:
                    await again.ready()
                    await again.hear("bot-ready")
                    await again.tell("disconnect-bot")
                    assert await again.closing() == CloseCode.GOODBYE
        await world.empty()

    assert token != second
    assert asked == ["hello there"] * 2
    assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_only_the_right_token_of_the_same_sign_in_opens_it_once(pool: asyncpg.Pool) -> None:
    """A wrong, a foreign and a used token are refused alike; the right one works after all of that."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.drop()
            assert await refusal(world, bearer, "guess") == 409
            assert await refusal(world, bearer, "") == 409
            assert await refusal(world, world.sign_in(), token) == 409
            async with world.call(bearer, resume=token) as returned:
                await returned.hear("bot-stopped-speaking")
                assert await refusal(world, bearer, token) == 409
        await world.empty()


async def test_of_two_who_come_back_at_once_one_does(pool: asyncpg.Pool) -> None:
    """The other is refused."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()

        async def come_back(token: str) -> bool:
            try:
                async with world.call(bearer, resume=token) as returned:
                    await returned.hear("bot-stopped-speaking")
            except aiohttp.WSServerHandshakeError:
                return False
            return True

        async with talking(world, bearer) as (caller, token):
            caller.drop()
            assert sorted(await asyncio.gather(come_back(token), come_back(token))) == [False, True]
        await world.empty()


async def test_who_is_away_too_long_is_not_waited_for(pool: asyncpg.Pool) -> None:
    """The conversation ends, and its token with it."""
    async with doors(pool, providers=providers(), resume_within_s=0.2) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.drop()
            await world.empty()

            assert world.notebook.ended == [EndReason.CONNECTION_LOST]
            assert await refusal(world, bearer, token) == 409


async def test_the_place_is_kept_for_who_is_away(pool: asyncpg.Pool) -> None:
    """A full house stays full for others, and not for them."""
    async with doors(pool, providers=providers(), capacity=1) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.drop()
            url, headers = world.user / "user/voice/start", {"Authorization": f"Bearer {world.sign_in()}"}
            async with world.http.post(url, json={"store": "leaf"}, headers=headers) as response:
                assert response.status == 503
            async with world.call(bearer, resume=token) as returned:
                await returned.hear("bot-stopped-speaking")
        await world.empty()


async def test_signing_out_ends_a_conversation_that_waits(pool: asyncpg.Pool) -> None:
    """Whoever had the token has nothing."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            caller.drop()
            await world.until(lambda: any(live.resumption.waiting for live in world.registry.sessions()))
            world.registry.close_auth_session(world.guard.principals[bearer].session_id)
            await world.empty()

            assert world.notebook.ended == [EndReason.REVOKED]
            assert await refusal(world, bearer, token) == 409


async def test_an_ended_sign_in_ends_a_conversation_that_waits(pool: asyncpg.Pool) -> None:
    """Coming back later than the access token lasts is too late, unless it was refreshed."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.guard.sign_in(Kind.USER, expires_in=timedelta(seconds=3))
        async with talking(world, bearer) as (caller, _token):
            caller.drop()
            await world.empty()

            assert world.notebook.ended == [EndReason.TOKEN_EXPIRED]


async def test_shutting_down_does_not_wait_for_who_is_away(pool: asyncpg.Pool) -> None:
    """There is nobody to finish a sentence for, and whoever comes back finds another process."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, _token):
            caller.drop()
            await world.until(lambda: any(live.resumption.waiting for live in world.registry.sessions()))
            assert await world.registry.drain(timeout_s=3)

        assert world.notebook.ended == [EndReason.HANDED_OFF]


async def test_a_goodbye_is_a_goodbye(pool: asyncpg.Pool) -> None:
    """Who closes the socket does not come back."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            await caller.socket.close()
            await world.empty()

            assert world.notebook.ended == [EndReason.CALLER_LEFT]
            assert await refusal(world, bearer, token) == 409


async def test_audio_that_was_interrupted_is_not_repeated(pool: asyncpg.Pool) -> None:
    """The rest of a sentence that the caller spoke over is gone, whatever the network does afterwards."""
    async with doors(pool, providers=providers()) as world:
        bearer = world.sign_in()
        async with talking(world, bearer) as (caller, token):
            await caller.speak(seconds=1)
            await caller.hear("bot-stopped-speaking")
            caller.drop()
            async with world.call(bearer, resume=token) as returned:
                await returned.ready()
                await returned.hear("bot-ready")
                assert returned.audio() == []
        await world.empty()
