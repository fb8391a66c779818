"""The audit log: what it says of each event, who may read it, and that nobody changes it."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient
from structlog.testing import capture_logs

from auth.audit.log import Audit, Event
from auth.audit.queries import AuditQueries
from auth.principals import Device, Kind
from auth.sessions.sessions import REUSE_GRACE_S
from tests.auth_world import Clock, World

ANN = {"email": "ann@example.com", "password": "correct horse", "name": "Ann"}
LOGIN = {"email": "ann@example.com", "password": "correct horse"}

Client = TestClient[Any, Any]
Tokens = dict[str, str]


@pytest.fixture
def world(pool: asyncpg.Pool, tmp_path: Path) -> Iterator[World]:
    """Both principals."""
    with World(pool, tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: World, aiohttp_client: AiohttpClient) -> Client:
    """A client of both APIs."""
    return await aiohttp_client(world.app(), headers={"User-Agent": "a test"})


async def _sign_up(client: Client, email: str = "ann@example.com") -> Tokens:
    return dict(await (await client.post("/user/auth/signup", json={**ANN, "email": email})).json())


async def _events(client: Client, tokens: Tokens, query: str = "") -> dict[str, Any]:
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return dict(await (await client.get(f"/user/audit{query}", headers=bearer)).json())


async def _noted(pool: asyncpg.Pool) -> list[tuple[str, str, str, dict[str, Any]]]:
    rows = await pool.fetch("SELECT kind, event, outcome, about FROM audit_log ORDER BY at, event")
    return [(row["kind"], row["event"], row["outcome"], json.loads(row["about"])) for row in rows]


async def test_an_account_sees_what_happened_to_it(world: World, client: Client) -> None:
    """Newest first: what, when, from where, in which session, and how it came out."""
    tokens = await _sign_up(client)
    world.clock.forward(timedelta(minutes=1))
    await client.post("/user/auth/login", json={**LOGIN, "password": "wrong horse"})
    page = await _events(client, tokens)
    assert page["events"][0]["event"] == "login_failed"
    assert {event["event"] for event in page["events"]} == {"login_failed", "logged_in", "signed_up"}
    logged_in = next(event for event in page["events"] if event["event"] == "logged_in")
    assert (logged_in["session_id"], logged_in["outcome"]) == (tokens["session_id"], "ok")
    assert (logged_in["user_agent"], logged_in["address"]) == ("a test", "127.0.0.1")
    assert page["events"][0]["outcome"] == "refused"
    assert page["next_before"] is None


async def test_nobody_sees_what_happened_to_another(client: Client) -> None:
    """Neither another user, nor a store; and a failure at an unknown address is nobody's."""
    await _sign_up(client)
    other = await _sign_up(client, "bob@example.com")
    await client.post("/user/auth/login", json={**LOGIN, "email": "nobody@example.com"})
    events = (await _events(client, other))["events"]
    assert sorted(event["event"] for event in events) == ["logged_in", "signed_up"]
    store = await (await client.post("/store/auth/signup", json=ANN)).json()
    bearer = {"Authorization": f"Bearer {store['access_token']}"}
    shown = await (await client.get("/store/audit", headers=bearer)).json()
    assert {event["user_agent"] for event in shown["events"]} == {"a test"}
    assert len(shown["events"]) == 2
    assert (await client.get("/user/audit", headers=bearer)).status == 401


async def test_pages_follow_each_other(world: World, client: Client) -> None:
    """Every event is on one of them, and on no other."""
    tokens = await _sign_up(client)
    for _ in range(5):
        world.clock.forward(timedelta(minutes=1))
        await client.post("/user/auth/login", json=LOGIN)
    seen, query = [], "?limit=3"
    while query:
        page = await _events(client, tokens, query)
        seen += [event["id"] for event in page["events"]]
        query = f"?limit=3&before={page['next_before']}" if page["next_before"] else ""
    assert len(seen) == len(set(seen)) == 7


async def test_a_failed_login_keeps_nothing_that_was_typed(world: World, client: Client) -> None:
    """Whether the account exists or not, one note is written, without the address and the password."""
    await _sign_up(client)
    for email in ("ann@example.com", "hunter@example.com"):
        await client.post("/user/auth/login", json={"email": email, "password": "hunter two"})
    rows = await world.pool.fetch("SELECT * FROM audit_log WHERE event = 'login_failed'")
    assert sorted(row["principal_id"] is None for row in rows) == [False, True]
    assert "hunter" not in str([dict(row) for row in rows])
    assert "@" not in str([dict(row) for row in rows])


async def test_a_reuse_and_what_it_ended_are_noted_together(world: World, client: Client) -> None:
    """Of the retries before it, one is noted for each rotation of each session."""
    signed_in = [await _sign_up(client), await (await client.post("/user/auth/login", json=LOGIN)).json()]
    for _ in range(2):
        kept = [{name: tokens[name] for name in ("session_id", "refresh_token")} for tokens in signed_in]
        for _ in range(3):
            signed_in = [await (await client.post("/user/auth/refresh", json=each)).json() for each in kept]
        world.clock.forward(timedelta(seconds=1))
    world.clock.forward(timedelta(seconds=REUSE_GRACE_S))
    assert (await client.post("/user/auth/refresh", json=kept[0])).status == 401
    assert [event for event in await _noted(world.pool) if event[1] not in ("signed_up", "logged_in")] == [
        *[("user", "refresh_retried", "ok", {})] * 4,
        ("user", "refresh_reused", "refused", {}),
        ("user", "session_revoked", "ok", {"reason": "refresh_token_reused"}),
    ]


async def test_a_revocation_that_cannot_be_noted_does_not_happen(world: World, client: Client) -> None:
    """And the other way round: the two are one transaction."""
    tokens = await _sign_up(client)
    await world.pool.execute("ALTER TABLE audit_log ADD CONSTRAINT broken CHECK (event = '') NOT VALID")
    sessions = world.sessions(Kind.USER)
    user_id = await world.pool.fetchval("SELECT id FROM users")
    with pytest.raises(asyncpg.CheckViolationError):
        await sessions.revoke_all(user_id, Device("", ""))
    assert (await client.get("/user/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})).status == 200


async def test_a_note_that_is_lost_fails_no_request(world: World, client: Client) -> None:
    """The log has it instead."""
    await _sign_up(client)
    await world.pool.execute("ALTER TABLE audit_log ADD CONSTRAINT broken CHECK (event = '') NOT VALID")
    with capture_logs() as logs:
        answer = await client.post("/user/auth/login", json={**LOGIN, "password": "wrong horse"})
    assert (answer.status, (await answer.json())["error"]["code"]) == (401, "wrong_credentials")
    assert [log["audit_event"] for log in logs if log["event"] == "audit_note_lost"] == ["login_failed"]


async def test_a_note_waits_for_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs is given up."""

    class Hanging(AuditQueries):
        async def add(self, _note: object) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("auth.audit.log.NOTE_WITHIN_S", 0.01)
    with capture_logs() as logs:
        audit = Audit(Kind.USER, Hanging.__new__(Hanging), now=Clock())
        await audit.note(Event.SIGNED_UP, Device("", ""), principal_id=uuid4())
    assert [log["error"] for log in logs] == ["TimeoutError"]


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET outcome = 'ok'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
async def test_nobody_changes_the_log(world: World, client: Client, change: str) -> None:
    """PostgreSQL refuses it, also to our own code."""
    await _sign_up(client)
    with pytest.raises(asyncpg.RestrictViolationError):
        await world.pool.execute(change)


async def test_the_notes_outlive_their_account(world: World, client: Client) -> None:
    """An attacker who deletes the account deletes no trace; nothing but a bare id is left of whose it was."""
    await _sign_up(client)
    before = await _noted(world.pool)
    await world.pool.execute("DELETE FROM users")
    assert await _noted(world.pool) == before
