"""A ticket admits one caller, once, within thirty seconds, on its own host."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from auth.principals import Kind, Principal, SessionId, StoreId
from pipelines.doors.tickets import TTL, Admission, TicketRefused, Tickets

START = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Drawer:
    """Keeps tickets in memory."""

    def __init__(self) -> None:
        self.kept: dict[bytes, tuple[Admission, datetime]] = {}

    async def add(self, token_sha256: bytes, admission: Admission, *, now: datetime, expires_at: datetime) -> None:
        """Keep one; drop those that are over."""
        self.kept = {key: value for key, value in self.kept.items() if value[1] > now}
        self.kept[token_sha256] = admission, expires_at

    async def take(self, token_sha256: bytes) -> tuple[Admission, datetime] | None:
        """Take one out."""
        return self.kept.pop(token_sha256, None)


class World:
    """Tickets in a drawer under a clock that the test sets."""

    def __init__(self) -> None:
        self.now = START
        self.drawer = Drawer()
        self.tickets = Tickets(self.drawer, now=lambda: self.now)
        self.admission = Admission(Principal(Kind.USER, uuid4(), SessionId(uuid4()), START), StoreId(uuid4()))


@pytest.fixture
def world() -> World:
    """A fresh drawer."""
    return World()


async def test_a_ticket_admits_whom_it_was_issued_to(world: World) -> None:
    """Principal, sign-in and store come back."""
    token = await world.tickets.issue(world.admission)

    assert await world.tickets.redeem(token, kind=Kind.USER) == world.admission


async def test_a_ticket_works_once(world: World) -> None:
    """The second one with it is refused."""
    token = await world.tickets.issue(world.admission)
    await world.tickets.redeem(token, kind=Kind.USER)

    with pytest.raises(TicketRefused):
        await world.tickets.redeem(token, kind=Kind.USER)


async def test_a_ticket_expires(world: World) -> None:
    """At thirty seconds it is over."""
    token = await world.tickets.issue(world.admission)
    world.now += TTL

    with pytest.raises(TicketRefused):
        await world.tickets.redeem(token, kind=Kind.USER)


async def test_a_ticket_still_works_at_its_last_moment(world: World) -> None:
    """A millisecond before."""
    token = await world.tickets.issue(world.admission)
    world.now += TTL - timedelta(milliseconds=1)

    assert await world.tickets.redeem(token, kind=Kind.USER) == world.admission


async def test_a_ticket_shown_at_the_other_host_is_refused_and_used_up(world: World) -> None:
    """Whoever tries a ticket where it does not belong did not get it from us."""
    token = await world.tickets.issue(
        Admission(replace(world.admission.principal, kind=Kind.STORE), world.admission.store_id)
    )

    with pytest.raises(TicketRefused):
        await world.tickets.redeem(token, kind=Kind.USER)
    with pytest.raises(TicketRefused):
        await world.tickets.redeem(token, kind=Kind.STORE)


@pytest.mark.parametrize("token", ["", "guess", "\udcff\udcfe", "é" * 10_000])
async def test_what_is_no_ticket_is_refused(world: World, token: str) -> None:
    """Whatever arrives in the query."""
    with pytest.raises(TicketRefused):
        await world.tickets.redeem(token, kind=Kind.USER)


async def test_only_a_hash_is_kept_and_no_two_tickets_are_alike(world: World) -> None:
    """Whoever reads the table cannot enter."""
    tokens = {await world.tickets.issue(world.admission) for _ in range(20)}

    assert len(tokens) == 20
    assert all(len(token) == 43 for token in tokens)
    assert not tokens & {key.decode(errors="ignore") for key in world.drawer.kept}
