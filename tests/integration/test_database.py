"""Migrations and the embedded server."""

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
