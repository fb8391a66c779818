"""Migrations and the embedded server."""

from hashlib import sha256

import psycopg
import pytest

from server import database


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        return {name for (name,) in rows if "yoyo" not in name}


def test_up_down_up(empty_database_url: str) -> None:
    """Every migration can be undone, and applied again to the same tables."""
    database.migrate(empty_database_url)
    before = _tables(empty_database_url)
    assert before
    database.roll_back(empty_database_url)
    assert _tables(empty_database_url) == set()
    database.migrate(empty_database_url)
    assert _tables(empty_database_url) == before


# A row in each table that later migrations change, with what only they allow.
ROWS = """
INSERT INTO users (email, name, password_hash) VALUES ('ann@example.com', 'Ann', '-');
INSERT INTO stores (email, name, slug, password_hash) VALUES ('bob@example.com', 'Bob', 'bob', '-');
INSERT INTO sessions (user_id, user_agent, address, created_at, last_used_at, expires_at, revoked_at, revoked_reason)
SELECT id, '', '', now(), now(), now(), now(), 'password_reset' FROM users;
INSERT INTO refresh_tokens (hash, session_id, generation, created_at)
SELECT sha256('token'), id, 0, now() FROM sessions;
INSERT INTO assistants (store_id, slug, is_default, draft)
SELECT id, 'bo', true, '{"name": "Bo", "greeting": "Hello", "time_zone": "Europe/Berlin", "turn_profile": "patient",
"hours": {"monday": [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]}}' FROM stores;
INSERT INTO assistant_versions (assistant_id, number, content, published_at) SELECT id, 1, draft, now() FROM assistants;
INSERT INTO conversations (store_id, assistant_id, user_id, channel, started_at)
SELECT stores.id, assistants.id, users.id, 'webrtc', now() FROM stores, assistants, users;
INSERT INTO turns (conversation_id, position, speaker, text, started_at, ended_at, interrupted)
SELECT id, 0, 'caller', 'Hello', now(), now(), false FROM conversations;
INSERT INTO audit_log (at, kind, event, outcome, user_agent, address, about)
VALUES (now(), 'user', 'e', 'ok', '', '', '{}');
INSERT INTO mail_tokens (sha256, user_id, purpose, email, expires_at)
SELECT sha256('mail'), id, 'reset_password', email, now() FROM users;
INSERT INTO recovery_codes (user_id, sha256) SELECT id, sha256('code') FROM users;
"""


def test_each_migration_goes_down_and_up_over_data(database_url: str) -> None:
    """However many are undone and applied again, what was there before them stays."""
    with psycopg.connect(database_url) as connection:
        connection.execute(ROWS)
    applied = database.roll_back(database_url, at_most=0)
    assert applied == []
    count = len(list(database.MIGRATIONS.glob("[0-9]*.sql"))) - len(list(database.MIGRATIONS.glob("*.rollback.sql")))
    for number in range(1, count):
        assert len(database.roll_back(database_url, at_most=number)) == number
        assert len(database.migrate(database_url)) == number
        with psycopg.connect(database_url) as connection:
            kept = connection.execute("SELECT name, hash FROM refresh_tokens, users, sessions WHERE user_id = users.id")
            assert kept.fetchall() == [("Ann", sha256(b"token").digest())]
    assert len(database.roll_back(database_url)) == count
    assert len(database.migrate(database_url)) == count


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    """A migrated database has nothing left to apply."""
    assert database.migrate(database_url) == []


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    """Code that is older than its database refuses to start."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc) "
            "VALUES ('f00', '9999.from-the-future', now())"
        )
    with pytest.raises(database.DatabaseAhead, match=r"9999\.from-the-future"):
        database.migrate(database_url)


async def test_an_absent_database_is_named_without_its_password() -> None:
    """A wrong DATABASE_URL says where it points, and what to do."""
    url = "postgresql://someone:secret@127.0.0.1:1/nothing"
    with pytest.raises(database.DatabaseUnreachable, match="DATABASE_URL") as refused:
        database.migrate(url)
    assert "secret" not in str(refused.value)
    with pytest.raises(database.DatabaseUnreachable, match=r"127\.0\.0\.1"):
        async with database.open_pool(url):
            pass


def test_two_processes_do_not_migrate_at_once(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second waits, for a bounded time, and then says why it gives up."""
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 1)
    with psycopg.connect(empty_database_url) as first:
        first.execute("SELECT pg_advisory_lock(%s)", [database.MIGRATION_LOCK])
        with pytest.raises(database.DatabaseBusy):
            database.migrate(empty_database_url)
    assert database.migrate(empty_database_url)
