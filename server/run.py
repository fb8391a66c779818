"""Start everything, serve until told to stop, and leave nothing behind."""

import asyncio
import errno
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import structlog

from auth.errors import BadKeyFile
from pipelines.conversations.journal import FLUSH_TIMEOUT_S
from pipelines.limits import Limits
from pipelines.offers import DAILY
from pipelines.providers import Providers, ProviderUnavailable
from pipelines.providers.opened import open_providers
from pipelines.providers.openers import Choice, require_package
from pipelines.stopping import LONGEST_STOP_S
from pipelines.transports.socket import CLOSE_TIMEOUT_S
from server import app, database, demo, edge, garbage, worker
from server.errors import CannotStart
from server.metrics import Metrics
from server.openapi import Json
from server.scraping import scraped
from server.services import open_services
from server.settings import DEVELOPMENT_STORE_HOST, DEVELOPMENT_USER_HOST, Settings
from server.tracing import traced

# How long conversations may finish their sentence, be it the slowest one: it speaks to the end, its pipeline is stuck,
# its caller does not answer the goodbye and the database is away. Other requests may finish after that.
DRAIN_S = Limits().goodbye_s + LONGEST_STOP_S + CLOSE_TIMEOUT_S + FLUSH_TIMEOUT_S

log = structlog.get_logger()


class PortTaken(CannotStart):
    """Somebody else listens on our port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"Port {port} on {host} is taken. Stop what listens there, or set PORT to another number.")


def run(settings: Settings, *, one_of_several: bool = False) -> None:
    """Serve until SIGINT or SIGTERM. Raises CannotStart, or KeyboardInterrupt when told to stop before it serves.

    `one_of_several`: what all share is there, and the parent waits for a line on stdout, and keeps stdin open.
    """
    edge.open_many_files()
    _require_carriers(settings)
    with listening_socket(settings.host, settings.port, shared=one_of_several) as listener:
        # PORT=0 lets the system choose; pages and links need to know.
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        with database.opened(settings) as url:
            if not one_of_several:
                log.info("migrated", migrations=database.migrate(url))
            asyncio.run(_serve(settings, url, listener, one_of_several=one_of_several))


def _require_carriers(settings: Settings) -> None:
    """Find out before anything slow happens that a carrier's client is not installed."""
    if "daily" in settings.telephony_provider:
        try:
            require_package("daily", DAILY)
        except ProviderUnavailable as error:
            raise CannotStart(str(error)) from error


async def described(settings: Settings, api: str) -> Json:
    """Return the OpenAPI document of the "user" or the "store" API; nothing is served, and no data touched."""
    # Routes hang on services, and these on a database: an empty one that is gone afterwards.
    with TemporaryDirectory(prefix="storeline-") as folder, database.embedded(Path(folder)) as url:
        database.migrate(url)
        aside = settings.model_copy(update={"data_dir": Path(folder)})
        async with open_services(aside, url, cast("Providers", None)) as services:
            describe = {"user": app.user_api, "store": app.store_api}[api]
            return describe(services, settings).document


def listening_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Take the port before anything slow happens; whoever comes early waits until the server is ready.

    A `shared` port may have several such sockets. Connections are dealt to those that listen, so one of these is told
    to only when its server is ready.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        if not shared:
            # Until it listens, another process could take the port as well.
            listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from error
        raise CannotStart(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
    return listener


async def _serve(
    settings: Settings, database_url: str, listener: socket.socket, *, one_of_several: bool = False
) -> None:
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(traced(settings))
            await stack.enter_async_context(metrics.watching_the_loop())
            if settings.metrics_port is not None:
                await stack.enter_async_context(
                    scraped(metrics, host=settings.metrics_host, port=settings.metrics_port)
                )
            providers = await stack.enter_async_context(
                open_providers(choice(settings), failed=metrics.provider_failed)
            )
            services = await stack.enter_async_context(
                open_services(settings, database_url, providers, metrics=metrics)
            )
        except (ProviderUnavailable, BadKeyFile) as error:
            raise CannotStart(str(error)) from error
        if settings.development:
            await demo.seed(services)
            if not one_of_several:
                await stack.enter_async_context(worker.working(database_url))
        stop_listening = await stack.enter_async_context(edge.answering(app.build(settings, services), listener))
        await stack.enter_async_context(garbage.collected(services.registry))
        stopping = asyncio.Event()
        for number in database.STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        if one_of_several:
            worker.when_stdin_ends(stopping.set)
        said = "ready" if one_of_several else welcome(settings, settings.port)
        print(said, flush=True)  # noqa: T201 - for whoever started it
        await stopping.wait()
        log.info("stopping", live_sessions=len(services.registry))
        # First of all, so that whoever is handed over comes to another process.
        stop_listening()
        await services.registry.drain(timeout_s=DRAIN_S, others=await services.others())
    log.info("stopped")


def choice(settings: Settings) -> Choice:
    """The providers that the operator chose."""
    return Choice(
        stt=settings.voice_provider_stt,
        llm=settings.voice_provider_llm,
        tts=settings.voice_provider_tts,
        stt_model=settings.voice_stt_model,
        llm_model=settings.voice_llm_model,
        llm_url=settings.voice_llm_url,
        llm_key=settings.voice_llm_api_key.get_secret_value() if settings.voice_llm_api_key else None,
        tts_model=settings.voice_tts_model,
        tts_voice=settings.voice_tts_voice,
        llm_models=settings.voice_llm_models,
        tts_voices=settings.voice_tts_voices,
        sample_rate_hz=settings.voice_audio_sample_rate_hz,
        keys=settings.provider_keys,
        data_dir=settings.data_dir,
    )


def welcome(settings: Settings, port: int) -> str:
    """What to tell the person who started it."""
    if not settings.development:
        return f"Storeline serves {', '.join((*settings.all_user_hosts, *settings.all_store_hosts))} on port {port}."
    return f"""
Storeline is ready.

  Store  http://{DEVELOPMENT_STORE_HOST}:{port}   {demo.DEMO_STORE_EMAIL}  {demo.DEMO_PASSWORD}
  User   http://{DEVELOPMENT_USER_HOST}:{port}    {demo.DEMO_USER_EMAIL}  {demo.DEMO_PASSWORD}

Talk to {demo.STORE_NAME}, from another terminal:

  make talk URL=http://{DEVELOPMENT_USER_HOST}:{port}

Ctrl-C stops it.
"""
