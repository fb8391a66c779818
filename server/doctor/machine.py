"""Checks of this machine: port, data directory, recordings, keys, database and clock."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from auth.errors import BadKeyFile
from auth.tokens import keys
from pipelines.providers import ProviderUnavailable
from pipelines.providers.local_checks import space_needed_bytes
from server import database, run
from server.doctor.findings import Finding, bad, ok
from server.errors import CannotStart
from server.settings import Settings

# For the database, mail and logs of the coming weeks.
SPARE_BYTES = 500_000_000
# A hundred hours of calls, at 14 MB each.
RECORDINGS_BYTES = 1_400_000_000
# Access tokens and one-time codes bear no more than this.
CLOCK_DIFFERENCE = timedelta(seconds=5)


def port(settings: Settings) -> Finding:
    """Whether the server could listen."""
    try:
        run.listening_socket(settings.host, settings.port).close()
    except CannotStart as error:
        return bad("port", f"{error} If Storeline is running there, all is well.")
    return ok("port", f"{settings.port} on {settings.host} is free")


def data_dir(settings: Settings) -> Finding:
    """Whether models, keys and the embedded database can be kept."""
    folder = settings.data_dir.resolve()
    try:
        free = _free_bytes(folder)
        needed = SPARE_BYTES + space_needed_bytes(run.choice(settings))
    except OSError as error:
        return bad("data", f"DATA_DIR: {folder} cannot be written: {error.strerror}.")
    except ProviderUnavailable:
        # The language model's own line tells.
        needed = SPARE_BYTES
    if free < needed:
        return bad("data", f"DATA_DIR: {folder} has {free / 1e9:.1f} GB left and needs {needed / 1e9:.1f} GB.")
    return ok("data", f"{folder} can be written, {free / 1e9:.0f} GB free")


def recordings(settings: Settings) -> Iterator[Finding]:
    """Whether calls can be recorded, also for those who keep them in a bucket: they lie here for a minute."""
    if settings.recordings == "off":
        return
    folder = settings.recordings_folder.resolve()
    try:
        free = _free_bytes(folder)
    except OSError as error:
        yield bad("recordings", f"RECORDINGS_DIR: {folder} cannot be written: {error.strerror}.")
        return
    if free < RECORDINGS_BYTES:
        need = f"has {free / 1e9:.1f} GB left, and a hundred hours of calls need {RECORDINGS_BYTES / 1e9:.1f} GB"
        yield bad("recordings", f"RECORDINGS_DIR: {folder} {need}. Make room, or lower RECORDINGS_DAYS.")
        return
    yield ok("recordings", f"{folder} can be written, {free / 1e9:.0f} GB free")


def _free_bytes(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder) as file:
        file.write(b"x")
    return shutil.disk_usage(folder).free


def secret_keys(settings: Settings) -> Finding:
    """Whether the keys can be read, and by nobody else."""
    folder = settings.data_dir / "keys"
    try:
        count = keys.check(folder) if folder.exists() else 0
    except BadKeyFile as error:
        return bad("keys", str(error))
    return ok("keys", f"{count} in {folder}, for nobody else to read" if count else "made at the first start")


def stored(settings: Settings, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Whether the database answers, which migrations it lacks, and what time it has."""
    try:
        with database.opened(settings) as url:
            yield _migrations(database.pending(url))
            yield _clock(database.clock(url) - now())
    except CannotStart as error:
        yield bad("database", str(error))


def _migrations(pending: list[str]) -> Finding:
    if pending:
        return ok("database", f"answers; the next start applies {len(pending)} migrations, from {pending[0]} on")
    return ok("database", "answers and is up to date")


def _clock(ahead: timedelta) -> Finding:
    seconds = ahead.total_seconds()
    if abs(ahead) > CLOCK_DIFFERENCE:
        where = "ahead of" if seconds > 0 else "behind"
        return bad("clock", f"The database's clock is {abs(seconds):.0f} s {where} this machine's. Set both by NTP.")
    return ok("clock", "agrees with the database's")
