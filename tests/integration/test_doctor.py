"""What `python -m server doctor` finds, and what it says to do."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import psycopg
import pytest
from aiohttp import web
from aioice import stun
from yarl import URL

from auth.tokens.keys import SigningKeys, shared_secret
from pipelines.providers import key_checks
from pipelines.providers.key_checks import CHECKS
from pipelines.transports.webrtc import stun as asking
from pipelines.transports.webrtc import turn as relaying
from server.doctor import machine, outside, telephone, visit
from server.doctor.findings import Finding
from server.settings import Settings
from tests.companies import company
from tests.twilio_api import ACCOUNT, APP, TOKEN, TwilioApi, serving

KEYS = {
    "anthropic": "sk-ant-0123456789abcdef",
    "assemblyai": "0123456789abcdef" * 2,
    "cartesia": "cartesia-0123456789",
    "deepgram": "0123456789abcdef0123" * 2,
    "elevenlabs": "elevenlabs-0123456789",
    "google": "google-0123456789",
    "groq": "gsk_0123456789abcdef",
    "openai": "sk-0123456789abcdef",
}


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def settings(**chosen: Any) -> Settings:  # noqa: ANN401 - as pydantic takes them
    """What an operator has set; whatever else has its default."""
    return Settings(_env_file=None, **chosen)


def of(found: list[Finding], subject: str) -> Finding:
    """The one line about a subject."""
    (finding,) = [finding for finding in found if finding.subject == subject]
    return finding


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer reaches a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("stage", "name", "path", "header", "value"),
    [
        ("llm", "anthropic", "/v1/models", "x-api-key", KEYS["anthropic"]),
        ("stt", "assemblyai", "/v2/transcript?limit=1", "Authorization", KEYS["assemblyai"]),
        ("tts", "cartesia", "/voices?limit=1", "X-API-Key", KEYS["cartesia"]),
        ("stt", "deepgram", "/v1/projects", "Authorization", f"Token {KEYS['deepgram']}"),
        ("tts", "elevenlabs", "/v1/user", "xi-api-key", KEYS["elevenlabs"]),
        ("llm", "google", "/v1beta/models?pageSize=1", "x-goog-api-key", KEYS["google"]),
        ("llm", "groq", "/openai/v1/models", "Authorization", f"Bearer {KEYS['groq']}"),
        ("llm", "openai", "/v1/models", "Authorization", f"Bearer {KEYS['openai']}"),
    ],
)
async def test_a_key_is_shown_to_its_company(stage: str, name: str, path: str, header: str, value: str) -> None:
    """In the header that it belongs in, once."""
    asked = []

    async def api(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        assert request.method == "GET"
        assert request.headers[header] == value
        return web.json_response({})

    found = await _providers(api, stage, name)
    assert of(found, name) == Finding(True, name, "takes the key")  # noqa: FBT003 - as it is read
    assert asked == [path]


async def _providers(api: Any, stage: str, name: str) -> list[Finding]:  # noqa: ANN401 - a handler
    others = {f"voice_provider_{other}": ("openai",) for other in {"stt", "tts"} - {stage}}
    ollama = {} if stage == "llm" else {"voice_provider_llm": ("ollama",)}
    chosen = {f"voice_provider_{stage}": (name,), f"{name}_api_key": KEYS[name], "openai_api_key": KEYS["openai"]}
    async with company(api) as url, aiohttp.ClientSession() as http:

        async def elsewhere(_request: web.Request) -> web.Response:
            return web.json_response({})

        async with company(elsewhere) as rest:
            checks = {
                each: replace(check, url=_moved(check.url, url if each == name else rest))
                for each, check in CHECKS.items()
            }
            read = settings(**{**others, **ollama, **chosen}, voice_llm_url=f"{rest}/v1")
            return await outside.providers(read, http, checks=checks)


def _moved(url: str, to: str) -> str:
    return str(URL(to).join(URL(url).relative()))


@pytest.mark.parametrize(
    ("status", "body", "well", "says"),
    [
        (401, "", False, "openai refuses the key (401). Set OPENAI_API_KEY to one that it takes."),
        (503, "", False, "openai answers 503. Try again later."),
        # ElevenLabs' keys may be limited to what we use them for.
        (401, '{"detail": {"status": "missing_permissions"}}', True, "takes the key"),
    ],
)
async def test_a_refused_key_names_its_setting(status: int, body: str, well: bool, says: str) -> None:  # noqa: FBT001 - a case
    """And what the company said; the key itself is nowhere."""

    async def api(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    finding = of(await _providers(api, "llm", "openai"), "openai")
    assert (finding.well, finding.text) == (well, says)


async def test_a_silent_company_is_waited_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check ends by itself."""
    monkeypatch.setattr(key_checks, "CHECK_TIMEOUT_S", 0.05)

    async def api(_request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        raise AssertionError

    finding = of(await _providers(api, "llm", "openai"), "openai")
    assert not finding.well
    assert "does not answer within" in finding.text


async def test_an_own_model_server_is_asked_for_its_models() -> None:
    """At VOICE_LLM_URL, with VOICE_LLM_API_KEY; a wrong address is told."""

    async def api(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer own-key"
        return web.json_response({}, status=200 if request.path == "/v1/models" else 404)

    speech = {"voice_provider_stt": ("embedded",), "voice_provider_tts": ("piper",)}
    async with company(api) as url, aiohttp.ClientSession() as http:
        for path, well in (("/v1", True), ("", False)):
            read = settings(
                voice_provider_llm=("compatible",), voice_llm_url=url + path, voice_llm_api_key="own-key", **speech
            )
            found = await outside.providers(read, http)
            assert of(found, "llm compatible").well == well
            assert "VOICE_TTS_MODEL" in of(found, "tts piper").text


def test_a_model_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In the words with which the start would fail."""

    async def visited() -> list[Finding]:
        async with aiohttp.ClientSession() as http:
            return await outside.providers(
                settings(data_dir=tmp_path, voice_llm_model="nowhere.gguf", voice_provider_tts=("piper",)), http
            )

    finding = of(asyncio.run(visited()), "llm embedded")
    assert finding == Finding(False, "llm embedded", "VOICE_LLM_MODEL: there is no file nowhere.gguf.")  # noqa: FBT003 - as it is read


def test_a_taken_port_is_told() -> None:
    """With the setting that mends it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert "PORT" in machine.port(settings(port=other.getsockname()[1])).text
    assert machine.port(settings(port=0)).well


def test_a_data_directory_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one without room for what the first start writes."""
    assert machine.data_dir(settings(data_dir=tmp_path)).well
    monkeypatch.setattr(machine, "SPARE_BYTES", 1 << 60)
    assert "GB left and needs" in machine.data_dir(settings(data_dir=tmp_path)).text
    (tmp_path / "file").touch()
    assert "cannot be written" in machine.data_dir(settings(data_dir=tmp_path / "file")).text


def test_keys_are_for_nobody_else_to_read(tmp_path: Path) -> None:
    """Before the first start there are none; afterwards each is read, and its mode looked at."""
    read = settings(data_dir=tmp_path)
    assert machine.secret_keys(read).text == "made at the first start"
    SigningKeys(tmp_path / "keys" / "user", now=now)
    shared_secret(tmp_path / "keys" / "refresh.key")
    assert machine.secret_keys(read).text == f"2 in {tmp_path / 'keys'}, for nobody else to read"
    (key,) = tmp_path.rglob("*.pem")
    key.chmod(0o640)
    assert f"chmod 600 {key}" in machine.secret_keys(read).text
    key.chmod(0o600)
    key.write_text("no key")
    assert "no unencrypted PEM" in machine.secret_keys(read).text
    key.unlink()
    key.mkdir()
    assert machine.secret_keys(read).text == f"{key} cannot be used as a key: it cannot be read: Is a directory."


def test_the_database_is_asked_what_it_lacks_and_what_time_it_is(empty_database_url: str) -> None:
    """Nothing is migrated by looking."""
    read = settings(database_url=empty_database_url)
    found = list(machine.stored(read, now))
    assert "migrations, from 0001" in of(found, "database").text
    assert of(found, "clock").well
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT to_regclass('users')").fetchone() == (None,)


def test_a_clock_that_differs_is_told(database_url: str) -> None:
    """Which of the two is ahead, and by how much."""
    found = list(machine.stored(settings(database_url=database_url), lambda: now() + timedelta(seconds=60)))
    assert of(found, "database").text == "answers and is up to date"
    assert "60 s behind" in of(found, "clock").text


def test_a_database_that_is_not_there_is_told_in_one_line() -> None:
    """Without the password in its URL."""
    (finding,) = machine.stored(settings(database_url="postgresql://me:secret@127.0.0.1:1/nothing"), now)
    assert "DATABASE_URL" in finding.text
    assert "\n" not in finding.text
    assert "secret" not in finding.text


class Stun(asyncio.DatagramProtocol):
    """A STUN server that hears only every second request, as over a bad line."""

    def __init__(self) -> None:
        self._asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer as RFC 8489 has it."""
        self._asked += 1
        if self._asked % 2 == 0:
            self._transport.sendto(_binding(data), addr)


def _binding(data: bytes) -> bytes:
    request = stun.parse_message(data)
    assert (request.message_method, request.message_class) == (stun.Method.BINDING, stun.Class.REQUEST)
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
    answer.attributes["XOR-MAPPED-ADDRESS"] = ("192.0.2.7", 4242)
    return bytes(answer)


@asynccontextmanager
async def stun_servers() -> AsyncIterator[tuple[int, int, int]]:
    """Ports: of STUN over UDP and over TCP, and of something else."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_binding(await reader.readexactly(20)))
        writer.close()

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(Stun, local_addr=("127.0.0.1", 0))
    async with (
        await asyncio.start_server(answer, "127.0.0.1") as tcp,
        await asyncio.start_server(greet, "127.0.0.1") as other,
    ):
        yield (
            udp.get_extra_info("sockname")[1],
            tcp.sockets[0].getsockname()[1],
            other.sockets[0].getsockname()[1],
        )
    udp.close()


async def test_stun_servers_are_asked_for_our_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over what callers would use; whoever is silent or speaks something else is told with its setting."""
    monkeypatch.setattr(asking, "REPEAT_AFTER_S", 0.02)
    async with stun_servers() as (udp, tcp, other):
        found = await outside.ice(settings(ice_servers=(f"stun:127.0.0.1:{udp}", f"stuns:127.0.0.1:{other}")))
        assert await asking.ask(asking.StunServer.parse(f"turn:127.0.0.1:{tcp}?transport=tcp")) == "192.0.2.7"
    assert [finding.well for finding in found] == [True, False]
    assert "sees this machine at 192.0.2.7" in found[0].text
    assert "ICE_SERVERS" in found[1].text

    monkeypatch.setattr(asking, "STUN_TIMEOUT_S", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        (finding,) = await outside.ice(settings(ice_servers=(f"stun:127.0.0.1:{silent.getsockname()[1]}",)))
    assert "no answer within" in finding.text


async def test_a_turn_server_that_is_silent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its setting; `tests/e2e/test_relay.py` has one that answers."""
    monkeypatch.setattr(relaying, "TURN_TIMEOUT_S", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"turn:127.0.0.1:{silent.getsockname()[1]}"
        (finding,) = await outside.ice(settings(turn_urls=(url,), turn_secret="shared"))
    assert "no relay within" in finding.text
    assert "TURN_URLS" in finding.text


async def _telephone(api: TwilioApi, *, public_url: str, **changes: str) -> dict[str, Finding]:
    chosen = {
        "telephony_provider": "twilio",
        "telephony_twilio_account_sid": ACCOUNT,
        "telephony_twilio_auth_token": TOKEN,
        "telephony_twilio_app_sid": APP,
        "telephony_twilio_api_url": str(api.url),
        "telephony_twilio_api_key_sid": "SK1",
        "telephony_twilio_api_key_secret": "a secret",
        "store_api_hosts": "127.0.0.1",
        "public_url": public_url,
    }
    async with aiohttp.ClientSession() as http:
        found = await telephone.telephone(settings(**{**chosen, **changes}), http)
    return {finding.subject: finding for finding in found}


async def test_twilio_is_asked_once_and_our_address_is_tried() -> None:
    """Whether it takes the keys, knows the application, and asks us; each with what to mend."""

    async def health(request: web.Request) -> web.Response:
        return web.json_response({}, status=200 if request.path == "/health" else 404)

    async with serving(TwilioApi()) as api, company(health) as url:
        found = await _telephone(api, public_url=url)
        assert found["public url"].well
        assert found["twilio"].text == "takes the token, but asks nobody about calls: `phone assign` mends that."
        refused = "Twilio answered 401, error 20003. See TELEPHONY_TWILIO_API_KEY_SID and …_SECRET."
        assert found["softphones"].text == refused
        assert len(api.asked) == 2
        api.secrets["SK1"] = "a secret"
        api.applications[APP] |= {"VoiceUrl": f"{url}/phone/twilio/voice", "VoiceFallbackUrl": ""}
        down = (await _telephone(api, public_url=url))["twilio"].text
        assert down == "takes no voicemails while this server is down: `phone assign` mends that."
        api.applications[APP]["VoiceFallbackUrl"] = "https://webhooks.twilio.com/v1/Accounts/AC0/Flows/FW0"
        assert all(finding.well for finding in (await _telephone(api, public_url=url)).values())
        unknown = await _telephone(api, public_url=url, telephony_twilio_app_sid="AP" + "1" * 32)
        assert unknown["twilio"].text == "The account has no such application. See TELEPHONY_TWILIO_APP_SID."
        nowhere = await _telephone(api, public_url="http://127.0.0.1:9", telephony_twilio_auth_token="wrong")
    assert "See TELEPHONY_TWILIO_ACCOUNT_SID and TELEPHONY_TWILIO_AUTH_TOKEN." in nowhere["twilio"].text
    assert nowhere["public url"].text.startswith("http://127.0.0.1:9/health cannot be reached: ")


def test_the_report_is_lines_and_a_status(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each, and 1 if something is to be mended."""

    async def nobody_else(*_: object, **__: object) -> list[Finding]:
        return []

    monkeypatch.setattr(outside, "providers", nobody_else)
    report = io.StringIO()
    assert visit.report(settings(port=0, data_dir=tmp_path, database_url=database_url), report) == 0
    *lines, _, last = report.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == ["settings", "port", "data", "keys", "database", "clock"]
    assert last == "Everything is there."
    (tmp_path / "file").touch()
    assert visit.report(settings(port=0, data_dir=tmp_path / "file", database_url=database_url), report) == 1


def test_a_folder_without_room_for_recordings_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that cannot be written, where calls are to be recorded."""
    recorded = settings(recordings="on", recordings_dir=tmp_path / "calls")
    assert [finding.well for finding in machine.recordings(recorded)] == [True]
    monkeypatch.setattr(machine, "RECORDINGS_BYTES", 1 << 60)
    (finding,) = machine.recordings(recorded)
    assert "RECORDINGS_DAYS" in finding.text
    (tmp_path / "file").touch()
    (finding,) = machine.recordings(settings(recordings="on", recordings_dir=tmp_path / "file"))
    assert "cannot be written" in finding.text
    assert list(machine.recordings(settings())) == []
