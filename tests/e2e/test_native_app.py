"""The app as devices run it, against a real server; what it does there is in `user-portal/tests/native`."""

from pathlib import Path

import pytest
from hibari import Hibari

from pipelines.caller.recordings import read_wav
from tests.commands import ROOT
from tests.node import passes
from tests.running import Running

APP = ROOT / "user-portal"
RATE_HZ = 16_000

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]


def test_a_user_talks_on_a_device(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """Over the transport of devices, with all but its native module: greeted, understood, answered aloud."""
    voice.save("What time do you open on Saturday?", str(tmp_path / "hours.wav"), seed=1)
    (tmp_path / "hours.pcm").write_bytes(read_wav(tmp_path / "hours.wav", rate_hz=RATE_HZ))
    settings = {"EXPO_PUBLIC_API_ORIGIN": server.url, "SPEECH": str(tmp_path)}
    passes(*("npm", "run", "--silent", "test:native"), folder=APP, needs="make portals", **settings)
