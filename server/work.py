"""Do what is left after a call, in a process of its own: procrastinate's queue over the same PostgreSQL.

Only this file speaks procrastinate, and psycopg's pool with it. Whoever puts work into the queue writes a row:
see `pipelines/after/job_queries.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException

from auth.audit.log import Audit
from auth.audit.queries import AuditQueries
from auth.principals import Kind
from auth.tokens.keys import shared_secret
from pipelines import outgoing
from pipelines.after.extraction import extractor
from pipelines.after.fields import Extracts
from pipelines.after.job_queries import QUEUE, Job
from pipelines.after.summaries import Summaries
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import ConversationId
from pipelines.events.delivery import Deliveries
from pipelines.events.queries import WebhookQueries
from pipelines.events.records import DeliveryId
from pipelines.events.signing import Signer
from server import database, recordings
from server.settings import Settings
from server.worker import when_stdin_ends

# A worker that has not been heard of for so long is dead, and its jobs are done by another.
HEARTBEAT_S = 5.0
DEAD_AFTER_S = 20.0
RESCUE_EVERY_S = 5.0
# Jobs wait for networks most of the time, and for endpoints that hang; the database they use for moments.
CONCURRENCY = 32
CONNECTIONS = 8
# When told to stop; whatever takes longer is done again later.
FINISH_WITHIN_S = 5.0
AWAY_RETRY_S = 2.0
# A job that raises is tried 16 times in 20 hours.
RETRY = procrastinate.RetryStrategy(max_attempts=16, wait=10, linear_wait=600)
# Done jobs are kept so long for whoever wonders; failed ones as well.
KEPT_H = 72

# The log of webhooks, for whoever replays.
DELIVERIES_KEPT = timedelta(days=30)

log = structlog.get_logger()


def work(settings: Settings, *, until_stdin_ends: bool = False) -> None:
    """Work until SIGINT or SIGTERM, or until the parent's end of stdin is gone. Raises CannotStart."""
    with database.opened(settings) as url:
        database.migrate(url)
        asyncio.run(_work(settings, url, until_stdin_ends=until_stdin_ends))


async def _work(settings: Settings, database_url: str, *, until_stdin_ends: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in database.STOP_SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    if until_stdin_ends:
        when_stdin_ends(stopping.set)
    async with database.open_pool(database_url) as pool:
        webhooks = WebhookQueries(pool)
        async with outgoing.opened(loopback=settings.development) as posts:
            signer = Signer(shared_secret(settings.data_dir / "keys" / "webhooks.key"))
            audit = Audit(Kind.STORE, AuditQueries(pool), now=_now)
            deliveries = Deliveries(webhooks, posts, signer, audit, now=_now)
            conversations = ConversationQueries(pool)
            async with _extractor(settings) as extracts:
                summaries = Summaries(conversations, extracts)
                app = _app(settings, database_url, conversations, summaries, webhooks, deliveries)
                async with _working(app):
                    log.info("worker_ready")
                    await stopping.wait()
    log.info("worker_stopped")


def _extractor(settings: Settings) -> AbstractAsyncContextManager[Extracts]:
    secret = settings.voice_llm_api_key
    return extractor(
        settings.voice_provider_llm,
        model=settings.voice_llm_model,
        url=settings.voice_llm_url,
        url_key=secret.get_secret_value() if secret else None,
        keys=settings.provider_keys,
    )


def _app(  # noqa: PLR0913, PLR0917 - what its jobs need
    settings: Settings,
    database_url: str,
    conversations: ConversationQueries,
    summaries: Summaries,
    webhooks: WebhookQueries,
    deliveries: Deliveries,
) -> procrastinate.App:
    kept = recordings.kept(settings)
    connector = procrastinate.PsycopgConnector(conninfo=database_url, min_size=1, max_size=CONNECTIONS)
    app = procrastinate.App(connector=connector)

    @app.task(name=Job.SUMMARISE, queue=QUEUE, retry=RETRY)
    async def summarise(conversation_id: str) -> None:
        await summaries.write(ConversationId(UUID(conversation_id)))

    @app.task(name=Job.DELIVER, queue=QUEUE, retry=RETRY)
    async def deliver(delivery_id: str, attempt: str) -> None:
        await deliveries.attempt(DeliveryId(UUID(delivery_id)), int(attempt))

    @app.periodic(cron="27 * * * *")
    @app.task(name="forget_deliveries", queue=QUEUE)
    async def forget_deliveries(timestamp: int) -> None:
        await webhooks.forget(before=datetime.fromtimestamp(timestamp, UTC) - DELIVERIES_KEPT)

    @app.periodic(cron="7 * * * *")
    @app.task(name="purge_recordings", queue=QUEUE)
    async def purge_recordings(timestamp: int) -> None:
        keep = timedelta(days=settings.recordings_days)
        await kept.purge(conversations, keep=keep, now=datetime.fromtimestamp(timestamp, UTC))

    @app.periodic(cron="* * * * *")
    @app.task(name="collect_recordings", queue=QUEUE, queueing_lock="collect_recordings")
    async def collect_recordings(timestamp: int) -> None:  # noqa: ARG001 - procrastinate tells each periodic job its time
        await kept.collect()

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget_jobs", queue=QUEUE)
    async def forget_jobs(timestamp: int) -> None:  # noqa: ARG001 - procrastinate tells each periodic job its time
        await app.job_manager.delete_old_jobs(
            nb_hours=KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True
        )

    return app


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _working(app: procrastinate.App) -> AsyncIterator[None]:
    """Work in the background while the block runs, and give running jobs FINISH_WITHIN_S at its end."""
    working = asyncio.create_task(_keep_working(app), name="worker")
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def _keep_working(app: procrastinate.App) -> None:
    """Come back when the database does: the worker gives up when it is away."""
    while True:
        try:
            async with app.open_async():
                rescuing = asyncio.create_task(_rescue(app), name="rescue")
                try:
                    await app.run_worker_async(
                        queues=[QUEUE],
                        concurrency=CONCURRENCY,
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=FINISH_WITHIN_S,
                        update_heartbeat_interval=HEARTBEAT_S,
                        stalled_worker_timeout=DEAD_AFTER_S,
                    )
                finally:
                    rescuing.cancel()
                    with suppress(asyncio.CancelledError):
                        await rescuing
        except ConnectorException as error:
            log.warning("worker_lost_database", error=type(error).__name__)
        await asyncio.sleep(AWAY_RETRY_S)


async def _rescue(app: procrastinate.App) -> None:
    """Give the jobs of dead workers back to the queue."""
    while True:
        # The database may be away, or another worker have been faster.
        with suppress(ConnectorException):
            for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=DEAD_AFTER_S):
                await app.job_manager.retry_job(job)
                log.warning("job_rescued", job=job.task_name, job_id=job.id, attempts=job.attempts)
        await asyncio.sleep(RESCUE_EVERY_S)
