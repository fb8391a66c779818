"""All checks in order, and the report of them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TextIO

import aiohttp

from pipelines.providers.key_checks import CHECKS, Check
from server.doctor import machine, outside, telephone
from server.doctor.findings import Finding, ok
from server.settings import Settings


def report(settings: Settings, to: TextIO) -> int:
    """Write each line as soon as it is known. Return the exit status: 1 when something is to be mended."""
    wrong = 0
    for finding in findings(settings):
        wrong += not finding.well
        to.write(f"{finding}\n")
        to.flush()
    to.write(f"\n{wrong} to mend.\n" if wrong else "\nEverything is there.\n")
    return 1 if wrong else 0


def findings(
    settings: Settings,
    *,
    checks: Mapping[str, Check] = CHECKS,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Finding]:
    """Check what the settings need; those that cannot be read have ended the program before."""
    yield ok("settings", f"can be read, for {settings.environment}")
    yield machine.port(settings)
    yield machine.data_dir(settings)
    yield from machine.recordings(settings)
    yield machine.secret_keys(settings)
    yield from machine.stored(settings, now)
    yield from asyncio.run(_outside(settings, checks))


async def _outside(settings: Settings, checks: Mapping[str, Check]) -> list[Finding]:
    async with aiohttp.ClientSession() as http:
        found = await asyncio.gather(
            outside.providers(settings, http, checks=checks),
            outside.ice(settings),
            outside.bucket(settings),
            telephone.telephone(settings, http),
        )
    return [finding for findings in found for finding in findings]
