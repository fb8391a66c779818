"""One server with real models, and one voice, for all tests that talk; they share a worker, and so the models."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hibari import Hibari

from tests.commands import ROOT
from tests.running import Running, start, stop
from tests.twilio_api import ACCOUNT, APP, TOKEN

# Its own API is not reached: nothing listens there.
TWILIO = {
    "TELEPHONY_PROVIDER": "twilio",
    "TELEPHONY_TWILIO_ACCOUNT_SID": ACCOUNT,
    "TELEPHONY_TWILIO_AUTH_TOKEN": TOKEN,
    "TELEPHONY_TWILIO_APP_SID": APP,
    "TELEPHONY_TWILIO_API_URL": "http://127.0.0.1:9",
    "PUBLIC_URL": "http://store.localhost",
}


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """A server with everything embedded."""
    # Joined once for all tests and for `make run`.
    models = ROOT / ".data" / "models"
    models.mkdir(parents=True, exist_ok=True)
    # Not pytest's own folder: as root, PostgreSQL runs as another user, whom a second run of pytest would shut out.
    with TemporaryDirectory(prefix="storeline-") as folder:
        data_dir = Path(folder)
        (data_dir / "models").symlink_to(models)
        running = start(data_dir, **TWILIO)
        yield running
        assert stop(running) == 0


@pytest.fixture(scope="session")
def voice() -> Hibari:
    """Somebody who reads questions aloud."""
    return Hibari()
