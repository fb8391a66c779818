"""What an operator reads when something is wrong: one plain message, and an exit status of 1."""

import socket
import subprocess
from pathlib import Path

import pytest

from pipelines.caller.recordings import write_wav
from tests.commands import command, environment


def server(*arguments: str, data_dir: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        command(*arguments),
        cwd=data_dir,
        env=environment(data_dir, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"VOICE_PROVIDER_TTS": "parrot"}, "VOICE_PROVIDER_TTS: give one or more of embedded,"),
        ({"VOICE_PROVIDER_STT": "deepgram"}, "VOICE_PROVIDER_STT=deepgram needs DEEPGRAM_API_KEY"),
        ({"VOICE_LLM_MODEL": "/nowhere/model.gguf"}, "/nowhere/model.gguf"),
        ({"DATABASE_URL": "postgresql://me:hush@127.0.0.1:1/x"}, "PostgreSQL at 127.0.0.1 cannot be reached"),
    ],
)
def test_what_stops_the_start_is_said_plainly(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    """No traceback, no secret, and what to do."""
    done = server("run", data_dir=tmp_path, **settings)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Before anything else is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = server("run", data_dir=tmp_path, PORT=port)
    assert (done.returncode, done.stdout) == (1, "")
    what, to_do = f"Port {port} on 127.0.0.1 is taken.", "Stop what listens there, or set PORT to another number."
    assert done.stderr == f"{what} {to_do}\n"
    assert not any(tmp_path.iterdir())


def test_migrate_does_it_once(tmp_path: Path) -> None:
    """The release command applies what is missing, and says when there is nothing."""
    assert "0001.accounts" in server("migrate", data_dir=tmp_path).stdout
    assert "up to date" in server("migrate", data_dir=tmp_path).stdout


@pytest.mark.parametrize("content", [b"RIFFnonsense", None])
def test_talk_refuses_what_is_no_recording(tmp_path: Path, content: bytes | None) -> None:
    """A file that is no WAV, or is not there, is named before anybody is called."""
    file = tmp_path / "question.wav"
    if content is not None:
        file.write_bytes(content)
    done = server("talk", str(file), data_dir=tmp_path)
    assert done.returncode == 1
    assert "question.wav" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_talk_says_that_nobody_answers(tmp_path: Path) -> None:
    """A server that does not run is one line too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    write_wav(tmp_path / "question.wav", bytes(32_000), rate_hz=16_000)
    done = server("talk", str(tmp_path / "question.wav"), "--url", f"http://127.0.0.1:{port}", data_dir=tmp_path)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
