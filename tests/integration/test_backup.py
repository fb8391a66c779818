"""Everything goes to a folder and comes back from it elsewhere."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg.sql import SQL
from pydantic import SecretStr

from server import app
from server.backup import BackupFailed, back_up, restore
from server.services import open_services
from server.settings import Settings
from tests.doubles import Doubles
from tests.raw_http import Reply, exchange, post, served

SIGN_UP = b'{"email": "ann@storeline.example", "password": "correct horse", "name": "Ann"}'
PASSWORD = "p@ss w/rd%:\N{EURO SIGN}"


def settings_for(database_url: str, data_dir: Path) -> Settings:
    """A server of its own."""
    return Settings(_env_file=None, data_dir=data_dir, database_url=SecretStr(database_url))


@pytest.fixture
def guarded_url(database_url: str) -> Iterator[str]:
    """The database as a role that has to tell its password."""
    parts = urlsplit(database_url)
    named = [parts._replace(netloc=f"guarded:{word}@").geturl() for word in (quote(PASSWORD, safe=""), "wrong")]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD {}").format(PASSWORD))
        (shown,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = Path(shown)
        before = rules.read_text()
        rules.write_text(f"local all guarded scram-sha-256\n{before}")
        try:
            connection.execute("SELECT pg_reload_conf()")
            # The server reads it in its own time.
            while can_connect(named[1]):
                pass
            yield named[0]
        finally:
            rules.write_text(before)
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("DROP ROLE guarded")


def can_connect(url: str) -> bool:
    """Whether the server takes the password."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


async def asked(settings: Settings, sent: bytes) -> Reply:
    """Start a server, ask it once, and stop it."""
    assert settings.database_url is not None
    async with (
        open_services(settings, settings.database_url.get_secret_value(), Doubles()) as services,
        served(app.build(settings, services)) as port,
    ):
        return await exchange(port, sent)


async def test_what_was_backed_up_is_there_elsewhere(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    """Accounts, sessions that go on, and recordings; readable by nobody else, and never over something."""
    here, there = settings_for(database_url, tmp_path / "here"), settings_for(empty_database_url, tmp_path / "there")
    grant = (await asked(here, post("/user/auth/signup", SIGN_UP))).json
    here.recordings_folder.mkdir()
    (here.recordings_folder / "call.ogg").write_bytes(b"OggS")
    folder = tmp_path / "backup"
    await asyncio.to_thread(back_up, here, folder)
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.rglob("*")]} == {0}
    with pytest.raises(BackupFailed, match="is there already"):
        back_up(here, folder)

    restore(there, folder)
    assert (there.recordings_folder / "call.ogg").read_bytes() == b"OggS"
    body = {name: grant[name] for name in ("session_id", "refresh_token")}
    assert (await asked(there, post("/user/auth/refresh", json.dumps(body).encode()))).status == 200
    with pytest.raises(BackupFailed, match="holds something"):
        restore(there, folder)
    with pytest.raises(BackupFailed, match="database holds something"):
        restore(settings_for(empty_database_url, tmp_path / "third"), folder)
    with pytest.raises(BackupFailed, match="is no backup"):
        restore(there, tmp_path)


def test_the_password_may_hold_anything(guarded_url: str, tmp_path: Path) -> None:
    """Also what a URL has to escape."""
    back_up(settings_for(guarded_url, tmp_path / "data"), tmp_path / "backup")
    assert (tmp_path / "backup" / "database.dump").stat().st_size


def test_a_backup_that_fails_is_none(tmp_path: Path) -> None:
    """Whoever looks for the newest folder finds no half one, and the password is in no message."""
    away = settings_for("postgresql://me:hush@127.0.0.1:1/x", tmp_path / "data")
    with pytest.raises(BackupFailed) as failed:
        back_up(away, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert "hush" not in str(failed.value)
