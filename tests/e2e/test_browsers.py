"""Real browsers against a real server: cookies, passkeys, the official client with both of its transports, and the app.

What they do there is in `browser/`; each of its files of tests is a test here.
"""

from pathlib import Path

import jiwer
import pytest
from hibari import Hibari

from pipelines.caller.recordings import read_wav, write_wav
from pipelines.providers.embedded.moonshine import MoonshineEngine
from tests.commands import ROOT
from tests.e2e.portal_data import furnish
from tests.node import passes
from tests.recordings import words
from tests.running import Running

BROWSER = Path(__file__).parent / "browser"
SCREENSHOTS = ROOT / "store-portal" / "screenshots"
QUESTIONS = {"hours.wav": "What time do you open on Saturday?", "price.wav": "How much is the snake plant?"}
GREETING = "Hello, this is Ivy at Marlow Garden. How can I help?"
RATE_HZ = 16_000
LEAD_S = 2
GREETED_S = 7

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]


def browse(tests: str, server: Running, **settings: str) -> None:
    """Run a file of tests in Node."""
    origins = {"USER_ORIGIN": server.url, "STORE_ORIGIN": server.store_url}
    said = passes(
        *("node", "--test", "--test-reporter=spec", tests), folder=BROWSER, needs="make browsers", **origins, **settings
    )
    # What it measured shows with `pytest -s`.
    print(said)  # noqa: T201 - a report


def spoken_after(question: Path, microphone: Path, *, lead_s: int) -> None:
    """Make what a browser's fake microphone plays, from when it is opened on: silence, then the question."""
    write_wav(microphone, bytes(2 * lead_s * RATE_HZ) + read_wav(question, rate_hz=RATE_HZ), rate_hz=RATE_HZ)


@pytest.mark.parametrize("tests", ["cookies.test.js", "passkeys.test.js"])
def test_a_store_signs_in(server: Running, tests: str) -> None:
    """The portal's session lives in cookies over http, in Chromium and Firefox; passkeys work as browsers have them."""
    browse(tests, server)


async def test_the_stores_portal(server: Running) -> None:
    """Every screen, light and wide, dark and narrow: accessible, under its policy, small, and alone with its server."""
    call = await furnish(server.data_dir, calls=1_000)
    browse("portal.test.js", server)
    browse("portal-screens.test.js", server, CALL=str(call), SCREENSHOTS=str(SCREENSHOTS))


def test_a_store_tries_its_assistant(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """From sign-up to the first spoken answer; it shows in Live, staff takes over, what is published is heard."""
    for name, question in QUESTIONS.items():
        voice.save(question, str(tmp_path / name), seed=1)
    spoken_after(tmp_path / "hours.wav", tmp_path / "microphone.wav", lead_s=GREETED_S)
    browse("portal-calls.test.js", server, SPEECH=str(tmp_path), SCREENSHOTS=str(SCREENSHOTS))


async def test_the_official_client_talks(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """Its events tell the conversation, and the greeting is understood from what the browser's speakers play."""
    for name, question in QUESTIONS.items():
        voice.save(question, str(tmp_path / name), seed=1)
    # The microphone is opened twice before the client records.
    spoken_after(tmp_path / "hours.wav", tmp_path / "microphone.wav", lead_s=LEAD_S)
    browse("clients.test.js", server, SPEECH=str(tmp_path), HEARD=str(tmp_path))

    ears = MoonshineEngine.load()
    try:
        for transport in ("websocket", "webrtc"):
            pcm = (tmp_path / f"{transport}.pcm").read_bytes()
            heard = await ears.transcribe(pcm, sample_rate_hz=RATE_HZ)
            # A voice at the wrong speed is not understood at all.
            assert jiwer.wer(words(GREETING), words(heard)) <= 0.5, (transport, heard)
    finally:
        ears.close()


def test_a_visitor_of_a_stores_page_talks(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """It works on another site's page, under a strict policy and through a lost network, where the store says so."""
    voice.save(QUESTIONS["hours.wav"], str(tmp_path / "hours.wav"), seed=1)
    spoken_after(tmp_path / "hours.wav", tmp_path / "microphone.wav", lead_s=GREETED_S)
    browse("widget.test.js", server, SPEECH=str(tmp_path), SCREENSHOTS=str(SCREENSHOTS))


def test_a_user_talks_in_the_app(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """As a new user would, by voice and in writing, through a lost network, until the session is ended elsewhere."""
    assert (ROOT / "user-portal" / "dist" / "index.html").is_file(), "`make portals` builds the app."
    for name, question in QUESTIONS.items():
        voice.save(question, str(tmp_path / name), seed=1)
    browse("app.test.js", server, SPEECH=str(tmp_path))


def test_a_user_talks_in_the_app_over_a_socket(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """Where no packet of WebRTC gets through; and what is lost on the way is found again."""
    for name, question in QUESTIONS.items():
        voice.save(question, str(tmp_path / name), seed=1)
    browse("app-socket.test.js", server, SPEECH=str(tmp_path))


def test_the_app_looks_right_for_everybody(server: Running) -> None:
    """Twice as large, from right to left, in light and dark: nobody is kept out, and nothing is cut off."""
    browse("app-looks.test.js", server)


def test_the_page_for_clients_shows_what_is_tested() -> None:
    """Whoever copies the example has what the browser ran."""
    assert (BROWSER / "example.js").read_text() in (ROOT / "docs" / "clients.md").read_text()
