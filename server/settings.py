"""Every setting, read from the environment and `.env` in this one place."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from auth.mail.smtp import SmtpServer
from pipelines.offers import KEYS, LLM, SPEECH_TO_SPEECH, STT, TTS, Offer
from server.errors import BadSettings

Names = Annotated[tuple[str, ...], NoDecode]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode]
IceUrls = Annotated[tuple[str, ...], NoDecode]
Words = Annotated[tuple[str, ...], NoDecode]
CallingCodes = Annotated[tuple[int, ...], NoDecode]

_OFFERS = {"voice_provider_stt": STT, "voice_provider_llm": LLM, "voice_provider_tts": TTS}

TELEPHONY = frozenset({"none", "twilio", "daily"})

# In development a browser resolves these to loopback and treats them as secure contexts.
# https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy
DEVELOPMENT_USER_HOST = "user.localhost"
DEVELOPMENT_STORE_HOST = "store.localhost"

# The store portal's older name, kept for clients that still use it.
OLDER_STORE_HOST = "company-api.local"


class Settings(BaseSettings):
    """Frozen; names are the environment's names in lower case, units are in the names."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    data_dir: Path = Path(".data")
    database_url: SecretStr | None = None
    metrics_host: str = "127.0.0.1"
    web_concurrency: int = Field(default=1, ge=1, le=64)
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otel_exporter_otlp_endpoint: str | None = None

    user_api_hosts: Names = ("user-api.local",)
    store_api_hosts: Names = ("store-api.local",)
    trusted_proxies: Networks = ()

    mail_smtp_url: SecretStr | None = None
    mail_from: str | None = Field(default=None, max_length=320)

    voice_provider_stt: Names = ("embedded",)
    voice_provider_llm: Names = ("embedded",)
    voice_provider_tts: Names = ("embedded",)
    voice_stt_model: str | None = None
    voice_llm_model: str | None = None
    voice_llm_url: str | None = None
    voice_llm_api_key: SecretStr | None = None
    voice_tts_model: str | None = None
    voice_tts_voice: str | None = None
    voice_llm_models: Words = ()
    voice_tts_voices: Words = ()
    voice_ws_max_seconds: int = Field(default=600, ge=1, le=86_400)
    voice_ws_max_payload_kb: int = Field(default=64, ge=1, le=1024)
    voice_audio_sample_rate_hz: Literal[8000, 16000] = 16000
    voice_audio_other_rates: Literal["resample", "refuse"] = "resample"
    voice_resume_seconds: int = Field(default=30, ge=0, le=300)
    voice_max_sessions: int = Field(default=8, ge=1, le=10_000)
    voice_max_sessions_per_caller: int = Field(default=2, ge=1, le=10_000)
    voice_max_sessions_per_store: int | None = Field(default=None, ge=1)
    voice_store_minutes_per_day: int | None = Field(default=None, ge=1)

    recordings: Literal["off", "on"] = "off"
    recordings_dir: Path | None = None
    recordings_bucket: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    s3_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#]+$")
    s3_region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    recordings_days: int = Field(default=30, ge=1, le=3650)
    recordings_consent: str = Field(default="This call is recorded.", min_length=1, max_length=300)

    ice_servers: IceUrls = ()
    turn_urls: IceUrls = ()
    turn_secret: SecretStr | None = None
    webrtc_ports: str | None = Field(default=None, pattern=r"^\d{4,5}-\d{4,5}$")
    webrtc_public_address: str | None = None
    turn_ttl_seconds: int = Field(default=3600, ge=60, le=86_400)

    anthropic_api_key: SecretStr | None = None
    assemblyai_api_key: SecretStr | None = None
    cartesia_api_key: SecretStr | None = None
    deepgram_api_key: SecretStr | None = None
    elevenlabs_api_key: SecretStr | None = None
    google_api_key: SecretStr | None = None
    groq_api_key: SecretStr | None = None
    openai_api_key: SecretStr | None = None

    public_url: str | None = None
    telephony_provider: Names = ("none",)
    telephony_countries: CallingCodes = ()
    telephony_store_calls_per_minute: int = Field(default=6, ge=1, le=1_000)
    telephony_store_calls_at_once: int = Field(default=2, ge=1, le=1_000)
    telephony_store_minutes_per_day: int = Field(default=120, ge=1, le=100_000)
    telephony_daily_api_key: SecretStr | None = None
    telephony_daily_api_url: str = Field(default="https://api.daily.co/v1", pattern=r"^https?://[^/?#]+/v1$")
    telephony_daily_room_url: str | None = Field(default=None, pattern=r"^https://[\w.\-]+/[A-Za-z0-9_\-]{1,128}$")
    telephony_daily_others: Literal["refuse", "ignore"] = "refuse"
    telephony_daily_refer_to: str | None = Field(default=None, pattern=r"^[\w.\-]+$")
    telephony_twilio_account_sid: str | None = None
    telephony_twilio_auth_token: SecretStr | None = None
    telephony_twilio_app_sid: str | None = None
    telephony_twilio_api_key_sid: str | None = None
    telephony_twilio_api_key_secret: SecretStr | None = None
    telephony_twilio_api_url: str = "https://api.twilio.com"

    @field_validator(
        "user_api_hosts",
        "store_api_hosts",
        "voice_provider_stt",
        "voice_provider_llm",
        "voice_provider_tts",
        "telephony_provider",
        mode="before",
    )
    @classmethod
    def _split_names(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip().lower() for name in value.split(",") if name.strip())
        return value

    @field_validator("voice_provider_stt", "voice_provider_llm", "voice_provider_tts")
    @classmethod
    def _providers_are_known(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = {**_OFFERS[info.field_name or ""], **SPEECH_TO_SPEECH}
        if not names or not set(names) <= set(known) or len(set(names)) < len(names):
            raise ValueError(f"give one or more of {', '.join(known)}, each once, separated by commas")
        return names

    @field_validator("telephony_provider")
    @classmethod
    def _carriers_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or not set(names) <= TELEPHONY or ("none" in names and len(names) > 1):
            raise ValueError(f"give none, or one or more of {', '.join(sorted(TELEPHONY - {'none'}))}")
        return names

    @field_validator("telephony_countries", mode="before")
    @classmethod
    def _split_codes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        codes = [code.strip().removeprefix("+") for code in value.split(",") if code.strip()]
        if not all(re.fullmatch(r"[1-9]\d{0,2}", code) for code in codes):
            raise ValueError("give calling codes, such as 1,44, separated by commas")
        return tuple(map(int, codes))

    @field_validator("public_url", "telephony_twilio_api_url", "otel_exporter_otlp_endpoint")
    @classmethod
    def _is_an_origin(cls, url: str | None) -> str | None:
        if url is not None and not re.fullmatch(r"https?://[\w.\-]+(:\d{1,5})?", url.rstrip("/")):
            raise ValueError("give https:// and a host, without a path")
        return url.rstrip("/").lower() if url else None

    @field_validator("ice_servers", "turn_urls", "voice_llm_models", "voice_tts_voices", mode="before")
    @classmethod
    def _split_words(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("webrtc_ports")
    @classmethod
    def _ports_are_a_range(cls, ports: str | None) -> str | None:
        if ports is not None:
            first, last = map(int, ports.split("-"))
            if not 1024 <= first <= last <= 65535:  # noqa: PLR2004 - what an ordinary process may bind
                raise ValueError("give two ports between 1024 and 65535, the lower first, such as 50000-50100")
        return ports

    @field_validator("webrtc_public_address")
    @classmethod
    def _is_an_address(cls, address: str | None) -> str | None:
        return None if address is None else str(ip_address(address))

    @field_validator("ice_servers")
    @classmethod
    def _are_stun(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"stuns?:[\w.\-]+(:\d+)?", url) for url in urls):
            raise ValueError("give stun:host:port, several separated by commas; TURN goes into TURN_URLS")
        return urls

    @field_validator("turn_urls")
    @classmethod
    def _are_turn(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"turns?:[\w.\-]+(:\d+)?(\?transport=(udp|tcp))?", url) for url in urls):
            raise ValueError("give turn:host:port?transport=udp, several separated by commas")
        return urls

    @field_validator("user_api_hosts", "store_api_hosts")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if not hosts:
            raise ValueError("give at least one host name")
        for host in hosts:
            if not host.replace("-", "").replace(".", "").isalnum():
                raise ValueError(f"{host!r} is no host name; give names without port or wildcard, separated by commas")
        return hosts

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(network.strip()) for network in value.split(",") if network.strip())
        except ValueError as error:
            raise ValueError(f"{error}; give addresses or networks, such as 10.0.0.0/8, separated by commas") from None

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return url
        try:
            parts = urlsplit(url.get_secret_value())
            usable = parts.scheme in {"postgresql", "postgres"} and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("give postgresql://name:password@host:port/database")
        return url

    @field_validator("mail_smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            SmtpServer.parse(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_a_sender(cls, sender: str | None) -> str | None:
        if sender is not None:
            try:
                validate_email(sender, allow_display_name=True, allow_smtputf8=False, check_deliverability=False)
            except EmailNotValidError:
                raise ValueError("give an address, or Storeline <storeline@example.com>") from None
        return sender

    @field_validator("voice_audio_sample_rate_hz", mode="before")
    @classmethod
    def _rate_is_a_number(cls, value: object) -> object:
        # Literal[int] does not accept the environment's text.
        return int(value) if isinstance(value, str) and value.isdigit() else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        both = set(self.all_user_hosts) & set(self.all_store_hosts)
        if both:
            raise ValueError(f"{', '.join(sorted(both))} cannot serve both the user API and the store API")
        if self.turn_urls and self.turn_secret is None:
            raise ValueError("TURN_URLS needs TURN_SECRET, the static-auth-secret of the TURN server")
        if self.mail_smtp_url and not self.mail_from:
            raise ValueError("MAIL_SMTP_URL needs MAIL_FROM, the address that mails come from")
        self._check_telephony()
        chosen = {stage: getattr(self, stage) for stage in _OFFERS}
        for whole in SPEECH_TO_SPEECH:
            if any(whole in names for names in chosen.values()) and set(chosen.values()) != {(whole,)}:
                stages = ", ".join(map(str.upper, chosen))
                raise ValueError(f"{whole} hears, thinks and speaks: name it, and nothing else, in {stages}")
        if self.voice_llm_models and self.voice_provider_llm[0] in {"embedded", *SPEECH_TO_SPEECH}:
            raise ValueError("VOICE_LLM_MODELS needs a first VOICE_PROVIDER_LLM that has several models")
        for stage, names in chosen.items():
            for name in names:
                self._check_offer(f"{stage.upper()}={name}", SPEECH_TO_SPEECH.get(name) or _OFFERS[stage][name])
        return self

    def _check_telephony(self) -> None:
        if "twilio" in self.telephony_provider:
            self._check_twilio()
        if "daily" in self.telephony_provider and self.telephony_daily_api_key is None:
            raise ValueError("TELEPHONY_PROVIDER=daily needs TELEPHONY_DAILY_API_KEY")
        if self.public_url is not None and "none" not in self.telephony_provider:
            self._check_public_url(self.public_url)

    def _check_twilio(self) -> None:
        needed = ("telephony_twilio_account_sid", "telephony_twilio_auth_token", "telephony_twilio_app_sid")
        missing = [name.upper() for name in (*needed, "public_url") if getattr(self, name) is None]
        if missing:
            raise ValueError(f"TELEPHONY_PROVIDER=twilio needs {', '.join(missing)}")
        for name, begins in (("telephony_twilio_account_sid", "AC"), ("telephony_twilio_app_sid", "AP")):
            if not re.fullmatch(f"{begins}[0-9a-f]{{32}}", getattr(self, name)):
                raise ValueError(f"{name.upper()} is none; theirs are {begins} and 32 hexadecimal digits")
        if (self.telephony_twilio_api_key_sid is None) != (self.telephony_twilio_api_key_secret is None):
            raise ValueError("TELEPHONY_TWILIO_API_KEY_SID and TELEPHONY_TWILIO_API_KEY_SECRET belong together")

    def _check_public_url(self, url: str) -> None:
        public = urlsplit(url)
        if public.scheme != "https" and not self.development:
            raise ValueError("PUBLIC_URL has to begin with https://: carriers send what callers say")
        if public.hostname not in self.all_store_hosts:
            raise ValueError(f"PUBLIC_URL leads to {public.hostname}, which STORE_API_HOSTS does not name")

    def _check_offer(self, chosen: str, offer: Offer) -> None:
        if offer.url and self.voice_llm_url is None:
            raise ValueError(f"{chosen} needs VOICE_LLM_URL")
        if offer.company is None:
            return
        setting, key = f"{offer.company.upper()}_API_KEY", self.provider_keys.get(offer.company)
        if key is None:
            raise ValueError(f"{chosen} needs {setting}")
        if not re.fullmatch(KEYS[offer.company].pattern, key):
            raise ValueError(f"{setting} is no key of that company; theirs look like this: {KEYS[offer.company].looks}")

    @property
    def provider_keys(self) -> dict[str, str]:
        """The keys that are set, by company."""
        keys = {company: getattr(self, f"{company}_api_key") for company in KEYS}
        return {company: key.get_secret_value() for company, key in keys.items() if key}

    @property
    def development(self) -> bool:
        """Whether this is somebody's own machine: demo data, and the localhost names."""
        return self.environment == "development"

    @property
    def recordings_folder(self) -> Path:
        """Where recordings lie."""
        return self.recordings_dir or self.data_dir / "recordings"

    @property
    def webrtc_port_range(self) -> range | None:
        """The UDP ports that calls may take; None for any."""
        if self.webrtc_ports is None:
            return None
        first, last = map(int, self.webrtc_ports.split("-"))
        return range(first, last + 1)

    @property
    def user_origin(self) -> str:
        """Where the links in mails to users lead. From settings alone: a request's Host is the asker's to choose."""
        return self._origin(self.user_api_hosts[0], DEVELOPMENT_USER_HOST)

    @property
    def store_origin(self) -> str:
        """The same, for mails to stores."""
        return self._origin(self.store_api_hosts[0], DEVELOPMENT_STORE_HOST)

    def _origin(self, host: str, development_host: str) -> str:
        return f"http://{development_host}:{self.port}" if self.development else f"https://{host}"

    @property
    def all_user_hosts(self) -> tuple[str, ...]:
        """Every name the user API answers to."""
        return (*self.user_api_hosts, *([DEVELOPMENT_USER_HOST] if self.development else []))

    @property
    def all_store_hosts(self) -> tuple[str, ...]:
        """Every name the store API answers to."""
        return (*self.store_api_hosts, OLDER_STORE_HOST, *([DEVELOPMENT_STORE_HOST] if self.development else []))


def load() -> Settings:
    """Read the settings; raise BadSettings with one plain line for each value that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSettings([_plain(problem) for problem in error.errors(include_url=False)]) from None


def _plain(problem: object) -> str:
    """One pydantic error as a line that names the setting the way the environment does; never its value."""
    if not isinstance(problem, dict):
        raise TypeError(problem)
    message = str(problem["msg"]).removeprefix("Value error, ")
    # Lower only pydantic's own sentences ("Input should be …"), not a setting's name.
    message = message[:1].lower() + message[1:] if message[1:2].islower() else message
    where = "_".join(str(part) for part in problem["loc"][:1]).upper()
    return f"{where}: {message}" if where else message
