"""How long a conversation may last: its time, its sign-in, its silence. Each end is announced and has its code."""

from datetime import timedelta

import asyncpg
import pytest

from auth.principals import Kind
from pipelines import watch
from pipelines.limits import CloseCode, EndReason, Limits
from tests.doubles import Doubles
from tests.voice_world import doors

LONG = "word " * 200
SOON = timedelta(seconds=1)


async def test_a_session_ends_at_its_time_limit(pool: asyncpg.Pool) -> None:
    """In the middle of a sentence, too."""
    providers = Doubles(answer=lambda _question: LONG)
    async with doors(pool, providers=providers, limits=Limits(max_session_s=0.5)) as world, world.call() as caller:
        await caller.say()

        assert await caller.closing() == CloseCode.TIME_LIMIT
        await world.empty()
        assert world.notebook.ended == [EndReason.TIME_LIMIT]


async def test_the_time_limit_is_announced(pool: asyncpg.Pool) -> None:
    """By an event, and in speech once nobody else speaks."""
    async with doors(pool, limits=Limits(max_session_s=6, warning_s=1.5)) as world, world.call() as caller:
        await caller.ready()
        warning = await caller.hear_server("ending-soon")
        assert warning == {"type": "ending-soon", "reason": "time_limit", "seconds_left": 1.5}
        assert await caller.closing() == CloseCode.TIME_LIMIT
        assert watch.ALMOST_OVER in caller.said()


async def test_a_short_session_is_announced_by_event_only(pool: asyncpg.Pool) -> None:
    """When a quarter of it is left: half a minute would be most of it, and a sentence too."""
    async with doors(pool, limits=Limits(max_session_s=2)) as world, world.call() as caller:
        await caller.ready()
        assert (await caller.hear_server("ending-soon"))["seconds_left"] == 0.5
        assert await caller.closing() == CloseCode.TIME_LIMIT
        assert watch.ALMOST_OVER not in caller.said()


async def test_silence_is_asked_about_once_and_then_ended(pool: asyncpg.Pool) -> None:
    """The question, a goodbye, and the code."""
    async with doors(pool, limits=Limits(idle_s=0.3), greeting="Hi") as world, world.call() as caller:
        await caller.ready()

        assert await caller.closing() == CloseCode.IDLE
        sentences = dict.fromkeys(message["data"]["text"] for message in caller.told("bot-output"))
        assert " ".join(sentences) == f"Hi {watch.STILL_THERE} {watch.GOODBYE}"


async def test_whoever_answers_stays(pool: asyncpg.Pool) -> None:
    """A word after the question, and the patience begins anew."""
    async with doors(pool, limits=Limits(idle_s=0.5), greeting="Hi") as world, world.call() as caller:
        await caller.ready()
        while watch.STILL_THERE not in caller.said():
            await caller.hear("bot-output")
        await caller.hear("bot-stopped-speaking")
        await caller.say()
        while caller.said().count(watch.STILL_THERE) < 2:
            await caller.hear("bot-output")

        assert watch.GOODBYE not in caller.said()


@pytest.mark.parametrize("kind", Kind)
async def test_a_sign_in_that_ends_ends_the_call(pool: asyncpg.Pool, kind: Kind) -> None:
    """At once, announced by an event: a ticket admits no longer than the token that bought it. On both hosts."""
    async with doors(pool) as world:
        bearer = world.sign_in(kind, expires_in=SOON)
        async with world.call(bearer, kind) as caller:
            await caller.ready()
            warning = await caller.hear_server("token-expiring")

            assert warning["seconds_left"] <= SOON.total_seconds()
            assert await caller.closing() == CloseCode.TOKEN_EXPIRED
        await world.empty()
        assert world.notebook.ended == [EndReason.TOKEN_EXPIRED]


async def test_a_newer_token_over_the_socket_prolongs_the_call(pool: asyncpg.Pool) -> None:
    """It is announced a second time before its own end, and there the call ends."""
    async with doors(pool, limits=Limits(sign_in_warning_s=0.8)) as world:
        bearer = world.sign_in(expires_in=SOON)
        async with world.call(bearer) as caller:
            await caller.ready()
            await caller.hear_server("token-expiring")
            newer = world.guard.refresh(bearer, expires_in=2 * SOON)
            await caller.tell("client-message", {"t": "refresh-token", "d": {"token": newer}})
            answer = await caller.hear("server-response")
            assert answer["data"] == {
                "t": "refresh-token",
                "d": {"expires_at": world.guard.principals[newer].expires_at.isoformat()},
            }
            await caller.hear_server("token-expiring")
            assert await caller.closing() == CloseCode.TOKEN_EXPIRED


async def test_only_a_live_token_of_the_same_sign_in_prolongs(pool: asyncpg.Pool) -> None:
    """Another user's, another sign-in of the same user, an ended one, nonsense: each is answered with an error."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        same_user = world.guard.sign_in(Kind.USER, world.guard.principals[bearer].id)
        ended = world.guard.refresh(bearer, expires_in=timedelta(0))
        async with world.call(bearer) as caller:
            await caller.ready()
            for token in (world.sign_in(), same_user, ended, "nonsense", ""):
                await caller.tell("client-message", {"t": "refresh-token", "d": {"token": token}})
                await caller.hear("error-response")
            assert caller.told("server-response") == []


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"t": "refresh-token"},
        {"t": "refresh-token", "d": "token"},
        {"t": "refresh-token", "d": {"token": 1}},
        {"t": "refresh-token", "d": {"token": "x" * 3_000}},
        {"t": "something-else", "d": {"token": "x"}},
    ],
)
async def test_other_client_messages_are_refused(pool: asyncpg.Pool, data: dict[str, object] | None) -> None:
    """There is only the one."""
    async with doors(pool) as world, world.call() as caller:
        await caller.tell("client-message", data)

        assert (await caller.hear("error-response"))["id"] == "1"
