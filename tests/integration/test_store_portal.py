"""The portal's types are those of the API that it talks to."""

import asyncio
import json
from asyncio.subprocess import DEVNULL
from pathlib import Path

import pytest

from server import app
from server.services import open_services
from server.settings import Settings
from tests.commands import ROOT
from tests.doubles import Doubles

PORTAL = ROOT / "store-portal"


async def test_the_portals_types_are_generated_from_the_document(database_url: str, tmp_path: Path) -> None:
    """What the portal is compiled against is what the server serves today; else `make portal-types`."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_services(settings, database_url, Doubles()) as services:
        document = tmp_path / "openapi.json"
        document.write_text(json.dumps(app.store_api(services, settings).document))
    generator = PORTAL / "node_modules" / ".bin" / "openapi-typescript"
    assert generator.exists(), "`make portals` installs what the portal is built with."
    types = tmp_path / "schema.d.ts"
    process = await asyncio.create_subprocess_exec(generator, document, "-o", types, cwd=PORTAL, stdout=DEVNULL)
    assert await asyncio.wait_for(process.wait(), timeout=60) == 0
    if types.read_text() != (PORTAL / "src" / "lib" / "api" / "schema.d.ts").read_text():
        pytest.fail("The Store API has changed since the portal's types were generated: run `make portal-types`.")
