"""Settings: what is read, and what is refused in one plain line."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from server import settings
from server.errors import BadSettings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No .env of the developer, and no setting of the machine, reaches a test."""
    monkeypatch.chdir(tmp_path)
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_example_lists_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """.env.example cannot drift: it names every setting, and reading it gives the defaults."""
    example = dotenv_values(EXAMPLE)
    assert set(example) == {name.upper() for name in settings.Settings.model_fields}
    defaults = settings.load()
    for name, value in example.items():
        monkeypatch.setenv(name, value or "")
    assert settings.load() == defaults


def test_hosts_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are split at commas; the localhost names are there in development only, the older name always."""
    monkeypatch.setenv("STORE_API_HOSTS", "Shop.example.com, shop.example.org")
    read = settings.load()
    assert read.store_api_hosts == ("shop.example.com", "shop.example.org")
    assert read.all_store_hosts == (*read.store_api_hosts, "company-api.local", "store.localhost")
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert "store.localhost" not in settings.load().all_store_hosts


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "PORT"),
        ("VOICE_PROVIDER_TTS", "parrot", "VOICE_PROVIDER_TTS: give one or more of embedded, kokoro,"),
        ("VOICE_AUDIO_SAMPLE_RATE_HZ", "44100", "VOICE_AUDIO_SAMPLE_RATE_HZ: input should be 8000 or 16000"),
        ("VOICE_WS_MAX_SECONDS", "0", "VOICE_WS_MAX_SECONDS"),
        ("VOICE_PROVIDER_STT", "deepgram", "VOICE_PROVIDER_STT=deepgram needs DEEPGRAM_API_KEY"),
        ("VOICE_PROVIDER_LLM", "compatible", "VOICE_PROVIDER_LLM=compatible needs VOICE_LLM_URL"),
        ("DATABASE_URL", "localhost:5432/storeline", "DATABASE_URL: give postgresql://"),
        ("DATABASE_URL", "postgresql://me@127.0.0.1:abc/x", "DATABASE_URL: give postgresql://"),
        ("TELEPHONY_PROVIDER", "pigeon", "TELEPHONY_PROVIDER: give none, or one or more of daily, twilio"),
        ("TELEPHONY_COUNTRIES", "Germany", "TELEPHONY_COUNTRIES: give calling codes"),
        ("PUBLIC_URL", "https://example.com/phone", "PUBLIC_URL: give https:// and a host, without a path"),
        ("ICE_SERVERS", "turn:turn.example.com", "ICE_SERVERS: give stun:host:port"),
        ("TURN_URLS", "turn.example.com", "TURN_URLS: give turn:host:port"),
        ("TURN_URLS", "turn:turn.example.com", "TURN_URLS needs TURN_SECRET"),
        ("USER_API_HOSTS", "http://user.example.com", "no host name"),
        ("USER_API_HOSTS", "*", "no host name"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES: 10.0.0.1/8 has host bits set"),
        ("USER_API_HOSTS", "store-api.local", "cannot serve both"),
        ("MAIL_SMTP_URL", "mail.example.com", "MAIL_SMTP_URL: give smtps://"),
        ("MAIL_SMTP_URL", "smtp://me:secret@mail.example.com", "MAIL_SMTP_URL: a password goes out encrypted only"),
        ("MAIL_SMTP_URL", "smtps://mail.example.com", "MAIL_SMTP_URL needs MAIL_FROM"),
        ("MAIL_FROM", "Storeline", "MAIL_FROM: give an address"),
    ],
)
def test_what_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    """A value that cannot be used stops the start with a line that names the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        settings.load()
    assert says in str(refused.value)


def test_links_in_mails_lead_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the first name of each API, over https; in development straight to this port."""
    monkeypatch.setenv("STORE_API_HOSTS", "shop.example.com,shop.example.org")
    monkeypatch.setenv("USER_API_HOSTS", "app.example.com")
    assert settings.load().store_origin == "http://store.localhost:8080"
    assert settings.load().user_origin == "http://user.localhost:8080"
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert settings.load().store_origin == "https://shop.example.com"
    assert settings.load().user_origin == "https://app.example.com"


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor their errors print a key."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert "sk-secret" not in repr(settings.load())
    monkeypatch.setenv("PORT", "x")
    with pytest.raises(BadSettings) as refused:
        settings.load()
    assert "sk-secret" not in str(refused.value)


def test_a_key_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key pasted into the wrong setting is caught at the start, and not shown."""
    monkeypatch.setenv("VOICE_PROVIDER_LLM", "embedded,openai")
    monkeypatch.setenv("OPENAI_API_KEY", "gsk_0123456789abcdef0123")
    with pytest.raises(BadSettings, match="OPENAI_API_KEY is no key of that company; theirs look like this: sk-") as no:
        settings.load()
    assert "gsk_0123" not in str(no.value)


def test_a_model_for_all_stages_is_named_in_all_of_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a conversation with it there cannot be, nor one that fails over."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    for stage in ("STT", "LLM", "TTS"):
        monkeypatch.setenv(f"VOICE_PROVIDER_{stage}", "openai-realtime")
        if stage != "TTS":
            with pytest.raises(BadSettings, match="openai-realtime hears, thinks and speaks: name it, and"):
                settings.load()
    assert settings.load().voice_provider_tts == ("openai-realtime",)
    monkeypatch.setenv("VOICE_PROVIDER_LLM", "openai-realtime,embedded")
    with pytest.raises(BadSettings, match="nothing else"):
        settings.load()


TWILIO_ACCOUNT = {
    "TELEPHONY_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TELEPHONY_TWILIO_AUTH_TOKEN": "secret",
    "TELEPHONY_TWILIO_APP_SID": "AP" + "0" * 32,
    "PUBLIC_URL": "https://store-api.local",
}
TWILIO = {"TELEPHONY_PROVIDER": "twilio", **TWILIO_ACCOUNT}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"TELEPHONY_TWILIO_AUTH_TOKEN": ""}, "TELEPHONY_PROVIDER=twilio needs TELEPHONY_TWILIO_AUTH_TOKEN"),
        ({"PUBLIC_URL": "", "TELEPHONY_TWILIO_APP_SID": ""}, "needs TELEPHONY_TWILIO_APP_SID, PUBLIC_URL"),
        ({"TELEPHONY_TWILIO_ACCOUNT_SID": "SK" + "0" * 32}, "TELEPHONY_TWILIO_ACCOUNT_SID is none"),
        ({"TELEPHONY_TWILIO_API_KEY_SID": "SK" + "0" * 32}, "belong together"),
        ({"PUBLIC_URL": "https://elsewhere.example.com"}, "which STORE_API_HOSTS does not name"),
        ({"PUBLIC_URL": "http://store-api.local", "ENVIRONMENT": "production"}, "has to begin with https://"),
    ],
)
def test_half_a_carrier_is_none(monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], says: str | None) -> None:
    """Twilio is set up whole, or the start stops with one line that names what is missing, and no secret."""
    for name, value in (TWILIO | changes).items():
        monkeypatch.setenv(name, value)
    if says is None:
        assert settings.load().telephony_provider == ("twilio",)
        return
    with pytest.raises(BadSettings) as refused:
        settings.load()
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, None),
        ({"TELEPHONY_PROVIDER": "twilio,daily", **TWILIO_ACCOUNT}, None),
        ({"TELEPHONY_DAILY_API_KEY": ""}, "TELEPHONY_PROVIDER=daily needs TELEPHONY_DAILY_API_KEY"),
        ({"TELEPHONY_DAILY_ROOM_URL": "leaf.daily.co/lobby"}, "TELEPHONY_DAILY_ROOM_URL"),
        ({"TELEPHONY_DAILY_OTHERS": "greet"}, "TELEPHONY_DAILY_OTHERS: input should be 'refuse' or 'ignore'"),
        ({"PUBLIC_URL": "https://elsewhere.example.com"}, "which STORE_API_HOSTS does not name"),
    ],
)
def test_daily_needs_its_key(monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], says: str | None) -> None:
    """Rooms need no more; either carrier, or both, by one list."""
    for name, value in ({"TELEPHONY_PROVIDER": "daily", "TELEPHONY_DAILY_API_KEY": "k" * 20} | changes).items():
        monkeypatch.setenv(name, value)
    if says is None:
        assert "daily" in settings.load().telephony_provider
        return
    with pytest.raises(BadSettings, match=re.escape(says)):
        settings.load()
