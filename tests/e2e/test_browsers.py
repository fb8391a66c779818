"""Real browsers against a real server: cookies, passkeys, and the official client with both of its transports.

What they do there is in `browser/`; each of its files of tests is a test here.
"""

import shutil
import subprocess
from os import environ
from pathlib import Path

import jiwer
import pytest
from hibari import Hibari

from pipelines.providers.embedded.moonshine import MoonshineEngine
from tests.commands import ROOT
from tests.recordings import words
from tests.running import Running

BROWSER = Path(__file__).parent / "browser"
QUESTIONS = {"hours.wav": "What time do you open on Saturday?", "price.wav": "How much is the snake plant?"}
RATE_HZ = 16_000

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]


def browse(tests: str, server: Running, **settings: str) -> None:
    """Run a file of tests in Node; when one fails, its report is the message."""
    node = shutil.which("node")
    assert node, "There is no node on PATH. Install Node.js 20 or newer; on Debian: apt-get install nodejs npm"
    assert (BROWSER / "node_modules").is_dir(), "`make browsers` installs what these tests need."
    done = subprocess.run(
        [node, "--test", "--test-reporter=spec", tests],
        cwd=BROWSER,
        env={**environ, "USER_ORIGIN": server.url, "STORE_ORIGIN": server.store_url, **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{done.stdout}\n{done.stderr}", pytrace=False)


@pytest.mark.parametrize("tests", ["cookies.test.js", "passkeys.test.js"])
def test_a_store_signs_in(server: Running, tests: str) -> None:
    """The portal's session lives in cookies over http, in Chromium and Firefox; passkeys work as browsers have them."""
    browse(tests, server)


async def test_the_official_client_talks(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """Its events tell the conversation, and what comes out of the browser's speakers is what was said."""
    for name, question in QUESTIONS.items():
        voice.save(question, str(tmp_path / name), seed=1)
    browse("clients.test.js", server, SPEECH=str(tmp_path), HEARD=str(tmp_path))

    ears = MoonshineEngine.load()
    try:
        for transport in ("websocket", "webrtc"):
            said = (tmp_path / f"{transport}.txt").read_text()
            pcm = (tmp_path / f"{transport}.pcm").read_bytes()
            heard = await ears.transcribe(pcm, sample_rate_hz=RATE_HZ)
            assert jiwer.wer(words(said), words(heard)) <= 0.3, transport
    finally:
        ears.close()


def test_the_readme_shows_what_is_tested() -> None:
    """Whoever copies the example has what the browser ran."""
    assert (BROWSER / "example.js").read_text() in (ROOT / "README.md").read_text()
