"""One embedded PostgreSQL for the whole run, and a fresh, migrated database for every test."""

import io
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg
import psycopg
import pytest
import structlog
from loguru import logger

from server import database, logs
from tests import contract

# Pipecat tells every step of every pipeline; a failed test is easier to read without.
logger.remove()


def _log_plainly() -> None:
    """Without the variables of every frame in every traceback, which take seconds to lay out."""
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level, console])


_log_plainly()

TEMPLATE = "storeline_template"
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    """No handler answers what it did not declare."""
    contract.undeclared.clear()
    yield
    assert not contract.undeclared


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server that holds a migrated template database. Parallel workers have one each."""
    # Not pytest's own folder: as root, the server runs as another user, whom a second run of pytest would shut out.
    with TemporaryDirectory(prefix="storeline-") as folder, database.embedded(Path(folder)) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            # Nothing here outlives the run; without fsync a database is cloned in milliseconds.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        database.migrate(_named(url, TEMPLATE))
        yield url


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """The URL of a database without tables."""
    with _created(postgres, "template1") as url:
        yield url


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """The URL of a migrated database of the test's own."""
    with _created(postgres, TEMPLATE) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres: str) -> Iterator[str]:
    """The same for a whole file whose tests change nothing."""
    with _created(postgres, TEMPLATE) as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the test's own database."""
    async with database.open_pool(database_url) as opened:
        yield opened


@contextmanager
def _created(postgres: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield _named(postgres, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the server, at its most talkative, would write to standard error; pytest's own handlers come back."""
    handlers, level = logging.root.handlers, logging.root.level
    stream = io.StringIO()
    logs.configure("DEBUG", stream)
    # Loggers that are kept would write here for other tests, too.
    structlog.configure(cache_logger_on_first_use=False)
    # The mail server is the tests' own.
    logging.getLogger("mail").setLevel(logging.CRITICAL)
    yield stream
    logging.root.handlers, logging.root.level = handlers, level
    structlog.reset_defaults()
    _log_plainly()
    structlog.contextvars.clear_contextvars()
    logger.remove()
