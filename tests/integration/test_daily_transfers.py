"""Callers over Daily who are put through to a person; and are still here when nobody takes them."""

from pathlib import Path

import pytest

from pipelines.tools.transfers import FAILED, NOT_REACHED
from telephony.calls import Provider
from tests.daily_phone import FRIEND, caller_of, ended, on_record, ring
from tests.daily_world import DailyWorld, daily_world
from tests.doubles import Doubles

WISH = "Can I talk to a real person please?"


async def ada_takes_calls(world: DailyWorld) -> None:
    """Let the store's assistant hand over to Ada."""
    _, listed = await world.ask("GET", "store/assistants")
    (assistant,) = listed["assistants"]
    path, revision = f"store/assistants/{assistant['id']}", assistant["revision"]
    named = [{"name": "Ada", "number": FRIEND}]
    await world.ask("PATCH", f"{path}/draft", {"revision": revision, "transfer_to": named})
    status, _ = await world.ask("POST", f"{path}/publish", {"revision": revision + 1})
    assert status == 200


@pytest.mark.parametrize(
    ("refer_to", "how", "to"),
    [(None, "sipCallTransfer", FRIEND), ("pbx.leaf.example", "sipRefer", f"sip:{FRIEND}@pbx.leaf.example")],
)
async def test_a_caller_is_handed_over(
    database_url: str, tmp_path: Path, refer_to: str | None, how: str, to: str
) -> None:
    """By Daily, or to the store's own telephone system; their room is not torn down, for Daily may still carry them."""
    wishing = Doubles(heard=lambda _audio: WISH)
    async with daily_world(database_url, tmp_path, providers=wishing, telephony_daily_refer_to=refer_to) as world:
        await ada_takes_calls(world)
        call_id = await ring(world, tmp_path)
        caller = await caller_of(world)
        caller.say()
        assert await ended(world, call_id) == "transferred"
        assert world.cloud.transfers == [(how, {"sessionId": caller.id, "toEndPoint": to})]
        call = await world.calls.find(Provider.DAILY, call_id)
        assert call is not None
        assert call.transferred_to == FRIEND
        assert len(world.rest.rooms) == 1
        assert await world.pool.fetchval("SELECT count(*) FROM daily_rooms") == 0


@pytest.mark.parametrize(
    ("fails", "told"), [("busy", NOT_REACHED), ("away", NOT_REACHED), ("refused", FAILED), ("plan", FAILED)]
)
async def test_when_nobody_takes_a_caller_over_the_assistant_goes_on(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, told: str
) -> None:
    """Nobody picks up, or Daily does not ring them, or the domain's plan has no dial-out: the caller is still here."""
    monkeypatch.setattr("telephony.daily.telephone.TAKEN_S", 0.2)
    async with daily_world(database_url, tmp_path, providers=Doubles(heard=lambda _audio: WISH)) as world:
        world.cloud.whoever_is_rung = "declines" if fails == "busy" else "waits"
        world.cloud.transfer_error = "not now" if fails == "refused" else None
        world.rest.plan_has_dialout = fails != "plan"
        await ada_takes_calls(world)
        call_id = await ring(world, tmp_path)
        caller = await caller_of(world)
        caller.say()
        await on_record(world, told)
        assert caller.present
        caller.leave()
        assert await ended(world, call_id) == "caller_left"
        assert world.rest.rooms == {}
