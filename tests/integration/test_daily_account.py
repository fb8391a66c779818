"""The operator's Daily domain: set up by one command, checked by another, and nothing without Daily's client."""

import argparse
import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from auth.tokens.keys import shared_secret
from server import phone_arguments, phone_command
from server.doctor import telephone
from server.errors import CannotStart
from server.settings import Settings
from telephony.carriers import CarrierFailed
from tests.daily_api import DOMAIN, KEY, NUMBER_ID, DailyRest, serving
from tests.daily_world import NUMBER, TWILIO

# What daily-python and pipecat's transport for it are called.
NATIVE = ("daily", "pipecat.transports.daily.transport")


def settings(rest: DailyRest, folder: Path, **changes: Any) -> Settings:  # noqa: ANN401 - as pydantic takes them
    """An operator's."""
    chosen: dict[str, Any] = {
        "data_dir": folder,
        "telephony_provider": ("daily",),
        "telephony_daily_api_key": KEY,
        "telephony_daily_api_url": str(rest.url),
        "public_url": "http://store.localhost",
        **changes,
    }
    return Settings(_env_file=None, **chosen)


async def test_a_number_is_set_up_and_set_up_again(tmp_path: Path) -> None:
    """Daily is told our webhook, our secret and what to say for us; a second time changes what is there."""
    async with serving(DailyRest()) as rest:
        # Daily lists this one, too: it contains the number.
        rest.dialin["other"] = {"id": "other", "type": "pinless_dialin", "config": {"phone_number": f"{NUMBER}4"}}
        for _ in range(2):
            await phone_command.set_up_daily(settings(rest, tmp_path), NUMBER)
        other, ours = rest.dialin.values()
        assert other["config"] == {"phone_number": f"{NUMBER}4"}
        assert ours["config"]["room_creation_api"] == "http://store.localhost/phone/daily/dialin"
        assert "call again" in ours["config"]["timeout_config"]["message"]
        secret = base64.b64decode(ours["config"]["hmac"])
        assert secret == shared_secret(tmp_path / "keys" / "daily.key")
        ours["type"] = "pin_dialin"
        with pytest.raises(CarrierFailed, match="PIN"):
            await phone_command.set_up_daily(settings(rest, tmp_path), NUMBER)
        rest.numbers = {"+12025550100": NUMBER_ID}
        with pytest.raises(CannotStart, match=r"no number \+12025550123"):
            await phone_command.set_up_daily(settings(rest, tmp_path), NUMBER)


def test_with_two_carriers_one_is_named(tmp_path: Path) -> None:
    """A number is of one of them."""
    both = settings(
        DailyRest(),
        tmp_path,
        telephony_daily_api_url="https://api.daily.co/v1",
        **TWILIO,
        telephony_provider=("twilio", "daily"),
    )
    parser = argparse.ArgumentParser(parents=[phone_arguments.parser()])
    named = parser.parse_args(["assign", NUMBER, "marlow-garden", "--provider", "daily"])
    assert phone_command.provider_of(named.provider, both) == "daily"
    with pytest.raises(CannotStart, match="--provider"):
        phone_command.provider_of(None, both)


@pytest.mark.parametrize(
    ("changes", "well", "says"),
    [
        ({}, True, "takes the key"),
        ({"telephony_daily_api_key": "wrong"}, False, "Set TELEPHONY_DAILY_API_KEY"),
        ({"telephony_daily_room_url": f"{DOMAIN}/nowhere"}, False, "See TELEPHONY_DAILY_ROOM_URL"),
        ({"telephony_daily_api_url": "http://127.0.0.1:9/v1"}, False, "Try again later"),
    ],
)
async def test_the_doctor_asks_daily(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], *, well: bool, says: str
) -> None:
    """One cheap question for the key, one for the room that is always there."""
    monkeypatch.setattr("pipelines.daily.api.FIRST_PAUSE_S", 0.01)
    async with serving(DailyRest()) as rest, aiohttp.ClientSession() as http:
        finding = await telephone.daily(settings(rest, tmp_path, **changes), http)
    assert finding.well is well
    assert says in finding.text
    assert "wrong" not in finding.text


# In a process of its own: whether anything imports Daily's client, and what a start says that lacks it.
START = f"""
import sys
from server.__main__ import main
import server.services, server.run, server.phone_command
assert not any(name in sys.modules for name in {NATIVE}), "it was loaded"
sys.modules["daily"] = None
sys.exit(main(["run"]))
"""


def test_without_its_client_the_start_names_the_command(tmp_path: Path) -> None:
    """One line, before anything else is begun. Nobody loads the client but who wants Daily."""
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "PORT": "0",
        "TELEPHONY_PROVIDER": "daily",
        "TELEPHONY_DAILY_API_KEY": KEY,
    }
    run = subprocess.run(
        [sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert "make providers" in line
    assert list(tmp_path.iterdir()) == []
