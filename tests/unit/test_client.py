"""The caller made of recordings, against a server that follows a script."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from pipelines.caller import line as line_module
from pipelines.caller.client import LoopbackResolver, Refused, Unreachable, VoiceClient, open_http
from pipelines.caller.line import Exchange, HungUp, NoAnswer
from pipelines.caller.recordings import read_wav, write_wav
from pipelines.transports.wire import Audio, Message, decode, encode
from server import talk

RATE_HZ = 16_000
FRAME_BYTES = 640
TONE = (8_000 * np.sin(np.arange(RATE_HZ // 2) / 10)).astype("<i2").tobytes()
# Half a second of voice, and the silence after which a person waits.
QUESTION = TONE + bytes(len(TONE) // 2)
STAGES_MS = {"endpoint": 20, "transcript": 30, "first_token": 40, "first_audio": 50, "on_wire": 60}
ANSWER_AFTER_S = 0.2


@dataclass
class ScriptedServer:
    """Greets, then answers each stretch of sound `ANSWER_AFTER_S` after it has ended."""

    password: str = "right"
    hangs_up: bool = False
    answers: bool = True
    hosts: list[str] = field(default_factory=list)
    arrivals_s: list[float] = field(default_factory=list)
    advertised: str = ""
    on_wire_ms: int | None = None
    answer: tuple[str, ...] = ("Four euros.",)
    # From before the caller's turn, and goes on without a break.
    speaks_already: bool = False

    async def login(self, request: web.Request) -> web.Response:
        """Know one password."""
        self.hosts.append(request.host)
        if (await request.json())["password"] != self.password:
            error = {"code": "wrong_credentials", "message": "E-mail or password is wrong."}
            return web.json_response({"error": error}, status=401)
        return web.json_response({"access_token": "good", "refresh_token": "-", "session_id": "-"})

    async def start(self, request: web.Request) -> web.Response:
        """Hand out the ticket."""
        assert request.headers["Authorization"] == "Bearer good"
        ws_url = f"{self.advertised or f'ws://{request.host}'}/user/voice/ws"
        return web.json_response({"wsUrl": ws_url, "token": "ticket"})

    async def door(self, request: web.Request) -> web.StreamResponse:
        """Take the ticket and talk."""
        self.hosts.append(request.host)
        if request.query.get("token") != "ticket":
            raise web.HTTPForbidden
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        ready = decode((await socket.receive()).data)
        assert isinstance(ready, Message)
        assert ready.body["type"] == "client-ready"
        await self._speak(socket, "Welcome.")
        await self._converse(socket)
        return socket

    async def _converse(self, socket: web.WebSocketResponse) -> None:
        voiced_s: float | None = None
        async for message in socket:
            audio = decode(message.data)
            assert isinstance(audio, Audio)
            assert len(audio.pcm) == FRAME_BYTES
            self.arrivals_s.append(time.monotonic())
            if any(audio.pcm):
                voiced_s = time.monotonic()
            elif voiced_s and time.monotonic() - voiced_s > ANSWER_AFTER_S:
                voiced_s = None
                if self.hangs_up:
                    await socket.close(code=4003, message=b"time_limit")
                elif self.answers:
                    await self._answer(socket)

    async def _answer(self, socket: web.WebSocketResponse) -> None:
        await _tell(socket, "user-started-speaking")
        await _tell(socket, "user-stopped-speaking")
        await _tell(socket, "user-input", text=" How much?", input_type="transcription", final=False)
        await _tell(socket, "user-input", text="How much is it?", input_type="transcription", final=True)
        latency_ms = STAGES_MS if self.on_wire_ms is None else {**STAGES_MS, "on_wire": self.on_wire_ms}
        report = {"type": "turn-latency", "conversation_id": "c-1", "answered_by": "grounded", "latency_ms": latency_ms}
        await _tell(socket, "server-message", **report)
        for part in self.answer:
            await self._speak(socket, part)
            await asyncio.sleep(2 * line_module.SETTLED_S)

    async def _speak(self, socket: web.WebSocketResponse, text: str) -> None:
        if not self.speaks_already:
            await _tell(socket, "bot-started-speaking")
        await socket.send_bytes(encode(Audio(bytes(FRAME_BYTES), RATE_HZ)))
        await socket.send_bytes(encode(Audio(TONE[:FRAME_BYTES], RATE_HZ)))
        await _tell(socket, "bot-output", text=text, spoken_status="new")
        await _tell(socket, "bot-output", text=text, spoken_status="completed")
        await _tell(socket, "bot-stopped-speaking")


async def _tell(socket: web.WebSocketResponse, kind: str, **data: Any) -> None:  # noqa: ANN401 - JSON
    await socket.send_bytes(encode(Message({"label": "rtvi-ai", "type": kind, "id": "1", "data": data})))


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer here has no pauses to wait out."""
    monkeypatch.setattr(line_module, "SETTLED_S", 0.1)


@pytest.fixture
def script() -> ScriptedServer:
    """What the server does; a test may change it."""
    return ScriptedServer()


@pytest.fixture
async def url(script: ScriptedServer) -> AsyncIterator[URL]:
    """Where the server listens, by address."""
    app = web.Application()
    app.router.add_post("/user/auth/login", script.login)
    app.router.add_post("/user/voice/start", script.start)
    app.router.add_get("/user/voice/ws", script.door)
    async with TestServer(app) as server:
        yield server.make_url("/")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon."""
    monkeypatch.setattr(line_module, "GREETING_TIMEOUT_S", 1.0)
    monkeypatch.setattr(line_module, "ANSWER_TIMEOUT_S", 1.0)


async def converse(url: URL, *questions: bytes) -> list[Exchange]:
    """Hold a conversation; the greeting comes first."""
    async with open_http() as http:
        client = VoiceClient(http, url)
        await client.sign_in(email="demo@example.com", password="right")
        async with client.line(store="corner-shop", rate_hz=RATE_HZ) as line:
            return [await line.greeting(), *[await line.say(question) for question in questions]]


async def test_a_conversation(url: URL) -> None:
    """What was heard, what was said, how it sounded and how long each stage took, for each recording."""
    greeting, first, second = await converse(url, QUESTION, QUESTION)
    assert (greeting.said, greeting.heard, greeting.voice_to_voice_ms) == ("Welcome.", "", None)
    for exchange in (first, second):
        assert (exchange.heard, exchange.said) == ("How much is it?", "Four euros.")
        assert (exchange.answered_by, exchange.conversation_id, exchange.stages_ms) == ("grounded", "c-1", STAGES_MS)
        assert exchange.reply_pcm == bytes(FRAME_BYTES) + TONE[:FRAME_BYTES]


async def test_voice_to_voice_counts_from_the_last_sound_to_the_first(url: URL) -> None:
    """Silence at the end of the recording, and at the beginning of the reply, is not counted as voice."""
    _, exchange = await converse(url, QUESTION)
    assert exchange.voice_to_voice_ms is not None
    # Counted from the recording's end it would be 500 ms less, from its beginning 500 ms more.
    assert ANSWER_AFTER_S * 1000 <= exchange.voice_to_voice_ms < ANSWER_AFTER_S * 1000 + 400


async def test_a_word_of_patience_is_no_answer(url: URL, script: ScriptedServer) -> None:
    """What is heard long before the server sent the answer; then the server's own figure counts."""
    script.on_wire_ms = 5_000
    _, exchange = await converse(url, QUESTION)
    assert exchange.voice_to_voice_ms == script.on_wire_ms


async def test_an_answer_is_waited_for_to_the_end_of_its_sentence(url: URL, script: ScriptedServer) -> None:
    """A model that is slow after "Yes," has not finished."""
    script.answer = ("Yes,", "four euros.")
    _, exchange = await converse(url, QUESTION)
    assert exchange.said == "Yes, four euros."


async def test_the_microphone_keeps_real_time(url: URL, script: ScriptedServer) -> None:
    """A frame every 20 ms and never sooner, whether there is something to say or not."""
    await converse(url, QUESTION)
    frames, lasted_s = len(script.arrivals_s), script.arrivals_s[-1] - script.arrivals_s[0]
    # A busy machine may hear the last ones later; what is sent too fast it never hears.
    assert len(QUESTION) / FRAME_BYTES < frames <= lasted_s / 0.02 + 2


async def test_many_callers_share_a_loop(url: URL) -> None:
    """Several conversations at once, as a load test holds them."""
    conversations = await asyncio.gather(*[converse(url, QUESTION) for _ in range(4)])
    assert [exchanges[1].heard for exchanges in conversations] == ["How much is it?"] * 4


async def test_an_address_is_asked_for_the_user_host(url: URL, script: ScriptedServer) -> None:
    """By address or by name, the server sees a host that it serves."""
    await converse(url)
    await converse(URL(f"http://user.localhost:{url.port}"))
    assert script.hosts == [f"user.localhost:{url.port}"] * 4


async def test_the_line_is_opened_where_the_caller_signed_in(url: URL, script: ScriptedServer) -> None:
    """By address there too, although the server knows itself by a name that nobody here can look up."""
    script.advertised = "wss://voice.invalid"
    await converse(url)
    assert script.hosts == [f"user.localhost:{url.port}"] * 2


@pytest.mark.parametrize("name", ["user.localhost", "anything.localhost"])
async def test_localhost_names_need_no_dns(name: str) -> None:
    """Every name under .localhost is this machine."""
    resolver = LoopbackResolver()
    found = await resolver.resolve(name, 8080)
    await resolver.close()
    assert [(each["host"], each["port"]) for each in found] == [("127.0.0.1", 8080)]


async def test_a_wrong_password_is_refused(url: URL) -> None:
    """The server's own words arrive."""
    async with open_http() as http:
        with pytest.raises(Refused, match=r"E-mail or password is wrong\. \(401 wrong_credentials\)"):
            await VoiceClient(http, url).sign_in(email="demo@example.com", password="wrong")


async def test_another_server_is_recognised() -> None:
    """An answer that is not ours is not taken for one."""
    async with TestServer(web.Application()) as other, open_http() as http:
        with pytest.raises(Refused, match="is this the right URL"):
            await VoiceClient(http, other.make_url("/")).sign_in(email="demo@example.com", password="right")


async def test_nobody_there(unused_tcp_port: int) -> None:
    """A server that is not running is named."""
    async with open_http() as http:
        client = VoiceClient(http, URL(f"http://127.0.0.1:{unused_tcp_port}"))
        with pytest.raises(
            Unreachable, match=rf"127\.0\.0\.1:{unused_tcp_port} cannot be reached \(Connection refused\)"
        ):
            await client.sign_in(email="demo@example.com", password="right")


async def test_hanging_up_tells_why(url: URL, script: ScriptedServer) -> None:
    """The reason and the close code of the server arrive."""
    script.hangs_up = True
    with pytest.raises(HungUp, match="time_limit, close code 4003"):
        await converse(url, QUESTION)


@pytest.mark.usefixtures("patience")
async def test_an_answer_may_follow_other_speech_without_a_break(url: URL, script: ScriptedServer) -> None:
    """The server does not say again that it begins to speak."""
    script.speaks_already = True
    _, exchange = await converse(url, QUESTION)
    assert exchange.said == "Four euros."


@pytest.mark.usefixtures("patience")
async def test_waiting_for_an_answer_ends(url: URL, script: ScriptedServer) -> None:
    """A server that never answers does not hold the caller for ever."""
    script.answers = False
    with pytest.raises(NoAnswer, match="no answer within 1 s"):
        await converse(url, QUESTION)


Talk = Callable[..., Awaitable[int]]


@pytest.fixture
def run_talk(url: URL) -> Talk:
    """Run the command against the server, as from a shell: in a thread, with a loop of its own."""

    async def run(*arguments: str | Path, password: str = "right") -> int:  # noqa: S107 - of a test account
        given = [*map(str, arguments), "--url", str(url), "--password", password]
        return await asyncio.to_thread(talk.talk, talk.parser().parse_args(given))

    return run


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A question in a file."""
    path = tmp_path / "question.wav"
    write_wav(path, QUESTION, rate_hz=RATE_HZ)
    return path


async def test_talk_prints_the_conversation_and_ends_with_json(
    run_talk: Talk, recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a person reads, then one line for programs; a reply for each recording."""
    assert await run_talk(recording, recording, "--json", "--out", tmp_path / "reply.wav") == 0
    *spoken, last = capsys.readouterr().out.splitlines()
    assert "Assistant  Welcome." in spoken
    assert f"You        How much is it?   ({recording})" in spoken
    report = json.loads(last)
    assert (report["transcript"], report["reply"], report["conversation_id"]) == (
        "How much is it?",
        "Four euros.",
        "c-1",
    )
    assert report["latency_ms"] == {
        "voice_to_voice": report["turns"][1]["latency_ms"]["voice_to_voice"],
        "endpoint": 20,
        "stt": 30,
        "llm_first_token": 40,
        "tts_first_audio": 50,
        "on_wire": 60,
    }
    assert report["latency_ms_median"]["endpoint"] == 20
    for name in ("reply-1.wav", "reply-2.wav"):
        assert len(read_wav(tmp_path / name, rate_hz=RATE_HZ)) == 2 * FRAME_BYTES


@pytest.mark.parametrize(
    ("content", "password", "message"),
    [
        (b"no sound at all", "right", "is not a WAV file"),
        (None, "wrong", "E-mail or password is wrong."),
    ],
)
async def test_talk_fails_in_one_line(
    run_talk: Talk,
    recording: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    password: str,
    message: str,
) -> None:
    """Exit code 1, one line on standard error, no traceback."""
    if content:
        recording.write_bytes(content)  # noqa: ASYNC240 - a few bytes, and nothing else is waiting
    assert await run_talk(recording, password=password) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
