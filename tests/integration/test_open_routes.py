"""Every route that anybody may ask: counted, or with a reason why asking it often gains nobody anything."""

from pathlib import Path

from auth.errors import TooManyAttempts
from auth.http.operations import operation_of
from server import app
from server.services import open_services
from server.settings import Settings
from tests.doubles import Doubles

# What costs no hash and no work, opens nothing, or is opened by 256 random bits alone.
UNCOUNTED = {
    "/health": "a constant",
    "/ready": "the database is asked once a second at most",
    "/ready/requests": "the same",
    "/.well-known/jwks.json": "public keys, in memory",
    "/openapi.json": "a document, in memory",
    "/docs": "a page, in memory",
    "/widget.js": "a file, in memory",
    "/outbox": "in development alone",
    "/store/auth/logout": "needs the session's cookie, and ends that session",
    "/user/voice/offer": "a ticket of 256 bits, once, and the call's id",
    "/store/voice/offer": "the same",
    "/store/live/{id}/listen": "a ticket of 256 bits, once",
    "/widget/{key}/voice/{door}": "a preflight, which does nothing",
}
# Signed by the company that asks.
SIGNED = ("/telephony/",)


async def test_whoever_may_ask_is_counted(database_url: str, tmp_path: Path) -> None:
    """A route that proves nobody's identity is limited by address, or listed above; the list holds nothing else."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    uncounted = set()
    async with open_services(settings, database_url, Doubles()) as services:
        for api in (app.user_api(services, settings), app.store_api(services, settings)):
            for route in api.routes:
                operation = operation_of(route.defined().handler)
                proved = set(operation.proofs) - {"ticket"}
                if not proved and TooManyAttempts not in operation.refusals:
                    uncounted.add(route.path)
    assert {path for path in uncounted if not path.startswith(SIGNED)} == set(UNCOUNTED)
