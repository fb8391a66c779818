"""How many conversations there may be, with a real database: several processes are several Places over one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from auth.principals import Kind, Principal, SessionId, StoreId
from pipelines.assistants.records import Assistant, AssistantId
from pipelines.grounding.hours import OpeningHours
from pipelines.identity import Guests, Identity, TokenRefused
from pipelines.limits import CloseCode
from pipelines.place_queries import PlaceQueries
from pipelines.places import HELD_FOR, Allowed, Places, StoreBusy, StoreMinutesUsed, TooManyCalls
from pipelines.registry import CapacityReached, Registry, ResumeRefused
from tests.voice_world import doors

# In Berlin the day is one hour old, in UTC it is the evening before.
ONE_O_CLOCK = datetime(2026, 5, 4, 23, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


class Town:
    """Processes that share one database and one clock, and one store in it."""

    def __init__(self, pool: asyncpg.Pool, store_id: StoreId) -> None:
        self._pool = pool
        self.now = ONE_O_CLOCK
        self.store = _assistant(store_id)

    def process(self, *, capacity: int = 10, **allowed: object) -> Places:
        """Start one."""
        registry = Registry(capacity=capacity)
        return Places(registry, PlaceQueries(self._pool), Allowed(**allowed), now=lambda: self.now)  # type: ignore[arg-type]

    async def talked(self, *, began: timedelta, ended: timedelta) -> None:
        """Put a conversation on record; both count from ONE_O_CLOCK."""
        assistant_id = await self._pool.fetchval(
            """
            INSERT INTO assistants (store_id, slug, is_default, draft)
            VALUES ($1, 'ivy', true, '{}')
            ON CONFLICT (store_id, slug) WHERE deleted_at IS NULL DO UPDATE SET slug = 'ivy'
            RETURNING id
            """,
            self.store.store_id,
        )
        await self._pool.execute(
            """
            INSERT INTO conversations (store_id, assistant_id, channel, started_at, ended_at, end_reason)
            VALUES ($1, $2, 'websocket', $3, $4, 'caller_left')
            """,
            self.store.store_id,
            assistant_id,
            ONE_O_CLOCK + began,
            ONE_O_CLOCK + ended,
        )


@pytest.fixture
async def town(pool: asyncpg.Pool) -> Town:
    """One store, and nobody talks."""
    store_id = await pool.fetchval(
        "INSERT INTO stores (email, name, slug, password_hash) VALUES ('l@e.af', 'Leaf', 'leaf', '-') RETURNING id"
    )
    return Town(pool, store_id)


def caller() -> Identity:
    """Somebody new."""
    principal = Principal(Kind.USER, uuid4(), SessionId(uuid4()), ONE_O_CLOCK + timedelta(minutes=10))

    async def verify(_token: str) -> Principal:
        return principal

    return Identity(principal, verify=verify)


async def test_one_caller_has_only_so_many_places_in_all_processes(town: Town) -> None:
    """Others are not concerned, and a place that was left is free."""
    here, there, somebody = town.process(per_caller=2), town.process(per_caller=2), caller()
    async with here.taken(somebody, town.store):
        async with there.taken(somebody, town.store):
            with pytest.raises(TooManyCalls):
                async with here.taken(somebody, town.store):
                    pass
            with pytest.raises(TooManyCalls):
                await there.check(somebody.id, town.store)
            async with here.taken(caller(), town.store):
                pass
        async with here.taken(somebody, town.store):
            pass


async def test_a_guest_is_a_caller_like_any_other(town: Town) -> None:
    """Known again by a number or a visitor's id, counted, and with nothing that ends, is renewed or brings back."""
    guests, here, there = Guests(b"key"), town.process(per_caller=1), town.process(per_caller=1)
    number = "+14155550123"
    async with here.taken(guests.known_by("phone", number), town.store) as live:
        with pytest.raises(TooManyCalls):
            await there.check(guests.known_by("phone", number).id, town.store)
        for other in (Guests(b"other key").known_by("phone", number), guests.known_by("visitor", number)):
            await there.check(other.id, town.store)
        assert (live.caller.expires_at, live.caller.session_id, live.resumption.within_s) == (None, None, 0)
        with pytest.raises(TokenRefused):
            await live.caller.renew("a token")


async def test_a_guest_comes_back_where_the_door_lets_them() -> None:
    """With their token, and nobody else with it."""
    registry, guests = Registry(capacity=1), Guests(b"key")
    guest = guests.known_by("visitor", "one", may_resume=True)
    with registry.place(guest) as live:
        token = await live.resumption.issue()
        with pytest.raises(ResumeRefused):
            registry.resume(token, guests.known_by("visitor", "two"), among={live.id})
        assert registry.resume(token, guest, among={live.id}) is live


async def test_one_store_has_only_so_many_places_in_all_processes(town: Town) -> None:
    """Whoever calls."""
    here, there = town.process(per_store=1), town.process(per_store=1)
    async with here.taken(caller(), town.store):
        with pytest.raises(StoreBusy):
            async with there.taken(caller(), town.store):
                pass


async def test_one_process_has_only_so_many_places(town: Town) -> None:
    """And what it refused takes no place of the others."""
    here, there = town.process(capacity=1), town.process(per_store=2)
    async with here.taken(caller(), town.store):
        with pytest.raises(CapacityReached):
            async with here.taken(caller(), town.store):
                pass
        async with there.taken(caller(), town.store):
            pass


async def test_the_places_of_a_killed_process_are_free_soon(town: Town) -> None:
    """It can no longer say that they hold; a process that lives goes on saying so."""
    killed, here = town.process(), town.process(per_store=1)
    place = killed.taken(caller(), town.store)
    await place.__aenter__()
    with pytest.raises(StoreBusy):
        await here.check(caller().id, town.store)
    town.now += HELD_FOR
    async with here.taken(caller(), town.store):
        pass
    await place.__aexit__(None, None, None)


async def test_a_store_is_talked_to_for_so_long_a_day(town: Town) -> None:
    """What ended today and what goes on counts, from its own midnight; what is left is the next caller's limit."""
    here = town.process(store_day=timedelta(minutes=60))
    # Half of the first is yesterday's.
    await town.talked(began=timedelta(minutes=-70), ended=timedelta(minutes=-50))
    await town.talked(began=timedelta(minutes=-40), ended=timedelta(minutes=-20))
    async with here.taken(caller(), town.store) as live:
        assert live.store_left_s == timedelta(minutes=30).total_seconds()
        town.now += timedelta(seconds=15)
        async with here.taken(caller(), town.store) as second:
            assert second.store_left_s == live.store_left_s - 15
    await town.talked(began=timedelta(0), ended=timedelta(minutes=30))
    with pytest.raises(StoreMinutesUsed) as refused:
        await here.check(caller().id, town.store)
    assert refused.value.retry_after == timedelta(hours=23) - timedelta(seconds=15)


async def test_the_doors_refuse_before_anything_is_done(pool: asyncpg.Pool) -> None:
    """At `start` and at the socket, with a code of their own."""
    async with doors(pool, allowed=Allowed(per_caller=1)) as world:
        bearer = world.sign_in()
        token = (await world.start(bearer))["token"]
        async with world.call(bearer):
            assert await world.refusal(token=token) == (429, "too_many_calls")
            url, headers = world.user / "user/voice/start", {"Authorization": f"Bearer {world.sign_in()}"}
            async with world.http.post(url, json={"store": "leaf"}, headers=headers) as response:
                assert response.status == 200
    assert await pool.fetchval("SELECT count(*) FROM voice_places") == 0


async def test_a_call_ends_when_the_stores_minutes_do(pool: asyncpg.Pool) -> None:
    """With a code of its own."""
    async with doors(pool, allowed=Allowed(store_day=timedelta(seconds=1))) as world, world.call() as somebody:
        assert await somebody.closing() == CloseCode.STORE_MINUTES_USED


def _assistant(store_id: StoreId) -> Assistant:
    return Assistant(
        id=AssistantId(UUID(int=1)),
        store_id=store_id,
        store_name="Leaf",
        name="Ivy",
        greeting="Hi",
        instructions="",
        time_zone=BERLIN,
        hours=OpeningHours(((),) * 7),
    )
