"""What an operator watches, as Prometheus reads it: how fast answers come, how full the process is, what fails.

Each process keeps its own figures and serves them at a port of its own: nothing is shared, and Prometheus adds up.
https://prometheus.io/docs/practices/naming/
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from auth.background import beside
from auth.principals import Kind
from auth.sessions.sessions import Meaning
from pipelines.conversations.records import AnsweredBy, Latency
from server.errors import problem_for

# From a prepared answer to a caller who thinks that the line is dead.
VOICE_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
BARGE_IN_S = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0)
LATE_S = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
LAG_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
CALL_S = (10, 30, 60, 120, 300, 600, 1800)
LAG_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """Something of which there is only so much: how much of it is used now, and how much there is."""

    used: Callable[[], int]
    of: int


class Metrics:
    """The figures of this process; see `pipelines.measuring.Measures` for what a conversation tells."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            registry.register(collector)
        self._saturations = _Saturations()
        registry.register(self._saturations)
        self._stages = Histogram(
            "storeline_answer_seconds",
            "From the caller's last sound until each stage of the answer; on_wire is what the caller waits for.",
            ("stage", "answered_by"),
            buckets=VOICE_S,
            registry=registry,
        )
        self._barge_in = Histogram(
            "storeline_barge_in_seconds",
            "From a caller's first sound until the assistant falls silent.",
            buckets=BARGE_IN_S,
            registry=registry,
        )
        self._late = Histogram(
            "storeline_audio_late_seconds",
            "Gaps in the assistant's speech, because a chunk of 20 ms left too late.",
            buckets=LATE_S,
            registry=registry,
        )
        self._began = Counter(
            "storeline_conversations_begun", "Conversations that began.", ("channel",), registry=registry
        )
        self._lasted = Histogram(
            "storeline_conversation_seconds",
            "How long conversations lasted, by how they ended.",
            ("channel", "reason"),
            buckets=CALL_S,
            registry=registry,
        )
        self._refused = Counter(
            "storeline_admissions_refused", "Callers who were turned away.", ("reason",), registry=registry
        )
        self._provider_failures = Counter(
            "storeline_provider_failures",
            "Errors of a provider, or no answer in time.",
            ("stage", "provider"),
            registry=registry,
        )
        self._refreshes = Counter(
            "storeline_refreshes",
            "Refresh tokens presented: current ones rotate, reused ones end their session.",
            ("principal", "meaning"),
            registry=registry,
        )
        self._requests = Histogram(
            "storeline_http_request_seconds",
            "Requests that were answered, by route.",
            ("method", "route", "status"),
            buckets=REQUEST_S,
            registry=registry,
        )
        self._lag = Histogram(
            "storeline_event_loop_lag_seconds",
            "How much later than asked the event loop came back.",
            buckets=LAG_S,
            registry=registry,
        )

    def watch(self, name: str, saturation: Saturation) -> None:
        """Tell at each scrape how much is used."""
        self._saturations.watched[name] = saturation

    def began(self, channel: str) -> None:
        """A conversation begins."""
        self._began.labels(channel).inc()

    def ended(self, channel: str, reason: str, *, lasted_s: float) -> None:
        """It is over."""
        self._lasted.labels(channel, reason).observe(lasted_s)

    def answered(self, latency: Latency, answered_by: AnsweredBy | None) -> None:
        """The first sound of an answer has left."""
        for stage, reached_ms in latency.by_stage().items():
            if reached_ms is not None:
                self._stages.labels(stage, answered_by or "prepared").observe(reached_ms / 1000)

    def late(self, *, late_s: float) -> None:
        """The caller heard a gap."""
        self._late.observe(late_s)

    def hushed(self, *, after_s: float) -> None:
        """The caller's sound silenced the assistant."""
        self._barge_in.observe(after_s)

    def refused(self, error: Exception) -> None:
        """Somebody was turned away; the reason is the code that they were answered with."""
        problem = problem_for(type(error))
        self._refused.labels(problem.code if problem else "unknown").inc()

    def provider_failed(self, stage: str, provider: str) -> None:
        """A provider failed."""
        self._provider_failures.labels(stage, provider).inc()

    def refreshed(self, kind: Kind, meaning: Meaning) -> None:
        """A refresh token of a session was presented."""
        self._refreshes.labels(kind, meaning.name.lower()).inc()

    def request(self, method: str, route: str, status: int, *, took_s: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, status).observe(took_s)

    @asynccontextmanager
    async def watching_the_loop(self) -> AsyncIterator[None]:
        """Measure for the block how promptly the event loop comes back."""
        async with beside(self._watch_loop(), name="loop-lag"):
            yield

    async def _watch_loop(self) -> None:
        while True:
            due_s = time.monotonic() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self._lag.observe(max(0.0, time.monotonic() - due_s))

    def text(self) -> bytes:
        """All of it, in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)


class _Saturations(Collector):
    """Asks at each scrape."""

    def __init__(self) -> None:
        self.watched: dict[str, Saturation] = {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Two gauges, so that dashboards can divide them."""
        used = GaugeMetricFamily(
            "storeline_used", "How much is in use, of each thing that is bounded.", labels=["what"]
        )
        limit = GaugeMetricFamily("storeline_limit", "How much there is of it.", labels=["what"])
        for name, saturation in self.watched.items():
            used.add_metric([name], saturation.used())
            limit.add_metric([name], saturation.of)
        yield used
        yield limit
