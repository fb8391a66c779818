"""The main job, as a newcomer does it: `python -m server run`, then `talk` with recorded speech and real models."""

import asyncio
import json
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jiwer
import pytest
from hibari import Hibari

from pipelines.caller.client import open_http
from pipelines.caller.recordings import read_wav
from pipelines.providers.embedded.moonshine import MoonshineEngine
from server.demo import DEMO_PASSWORD, DEMO_USER_EMAIL
from tests.commands import ROOT, command
from tests.recordings import BECKETT, TWO_CITIES, packaged, words
from tests.running import Running

RATE_HZ = 16_000

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]


def ask(voice: Hibari, folder: Path, *questions: str) -> list[Path]:
    """Record questions."""
    files = [folder / f"{number}.wav" for number in range(len(questions))]
    for file, question in zip(files, questions, strict=True):
        voice.save(question, str(file), seed=1)
    return files


def talk(url: str, *files: Path | str) -> subprocess.CompletedProcess[str]:
    """Run the talk command to its end."""
    talking = command("talk", *map(str, files), "--url", url, "--json")
    return subprocess.run(talking, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The line of JSON that the command ends with."""
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


async def test_a_question_is_answered_in_speech(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """Spoken questions in, spoken answers out: hours and prices from the store's facts, the rest from the model."""
    files = ask(
        voice,
        tmp_path,
        "What time do you open on Saturday?",
        "How much is the snake plant?",
        "Which plant would you give to somebody who forgets to water?",
    )
    told = report(talk(server.url, *files, "--out", tmp_path / "reply.wav"))
    hours, price, advice = told["turns"]
    assert jiwer.wer("how much is the snake plant", words(price["transcript"])) <= 0.2
    assert "9 AM" in hours["reply"]
    assert "$29" in price["reply"]
    # What suits somebody is for the model to say, or to say honestly that it does not know.
    assert advice["reply"].endswith((".", "!"))
    assert [turn["answered_by"] for turn in (hours, price, advice)] == ["grounded", "grounded", "model"]
    assert all(None not in turn["latency_ms"].values() for turn in (hours, price, advice))

    ears = MoonshineEngine.load()
    try:
        heard = await ears.transcribe(read_wav(tmp_path / "reply-1.wav", rate_hz=RATE_HZ), sample_rate_hz=RATE_HZ)
    finally:
        ears.close()
    assert jiwer.wer(words(hours["reply"]), words(heard)) <= 0.3


@pytest.mark.skipif(find_spec("moonshine_voice") is None, reason="the recordings are in the Moonshine wheel")
async def test_people_are_understood_two_at_once(server: Running) -> None:
    """Two people talk at the same time, one for most of a minute, and each is written down as they spoke."""
    spoken = {"beckett.wav": (BECKETT, 0.25), "two_cities.wav": (TWO_CITIES, 0.25)}
    talks = [asyncio.to_thread(talk, server.url, packaged(name)) for name in spoken]
    for (text, at_most), done in zip(spoken.values(), await asyncio.gather(*talks), strict=True):
        assert jiwer.wer(words(text), words(report(done)["transcript"])) <= at_most


async def test_the_conversation_is_on_record(server: Running) -> None:
    """The user reads back what was said, with the latency of each stage; the log knows nothing of it at any level."""
    told = report(talk(server.url, "--say", "Do you have free parking?"))
    async with open_http() as http:
        form = {"email": DEMO_USER_EMAIL, "password": DEMO_PASSWORD}
        tokens = await (await http.post(f"{server.url}/user/auth/login", json=form)).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        path = f"/user/conversations/{told['conversation_id']}"
        record = await (await http.get(f"{server.url}{path}", headers=bearer)).json()
    assert record["end_reason"] == "caller_left"
    assert [turn["speaker"] for turn in record["turns"]] == ["assistant", "caller", "assistant"]
    assert record["turns"][2]["text"] == told["reply"]
    assert record["turns"][2]["latency_ms"]["endpoint"] == told["latency_ms"]["endpoint"]

    logged = server.log.read_text().lower()
    assert "voice_session_ended" in logged
    for turn in record["turns"]:
        said = words(turn["text"]).split()
        phrases = [" ".join(said[first : first + 3]) for first in range(len(said) - 2)]
        assert not [phrase for phrase in phrases if phrase in logged]
    # No audio either: a tenth of a second of it, printed, would be longer.
    assert max(map(len, logged.splitlines())) < 10_000
