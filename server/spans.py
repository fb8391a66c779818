"""Send pipecat's spans by OTLP over HTTP, without what people say.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

# A collector that is away holds up the end of the process for no longer.
EXPORT_TIMEOUT_S = 2

# Whatever else pipecat writes into spans may hold what people say, what a model is told, or how it is set up.
KEPT = frozenset(
    {
        "channel",
        "conversation.id",
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "metrics.audio_seconds",
        "metrics.character_count",
        "metrics.ttfb",
        "request.id",
        "store.id",
        "stt.incomplete",
        "tts.interrupted",
        "turn.duration_seconds",
        "turn.ended_by_conversation_end",
        "turn.number",
        "turn.user_bot_latency_seconds",
        "turn.was_interrupted",
    }
)


class WithoutWords(SpanExporter):
    """Hands over each span with the attributes of KEPT alone; what went wrong in it is a status without a text."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        return self._exporter.export([_bare(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()


@contextmanager
def exported(endpoint: str) -> Iterator[None]:
    """Send spans for the length of the block, from a thread; what a collector does not take in time is dropped."""
    provider = TracerProvider(resource=Resource.create({"service.name": "storeline"}))
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=EXPORT_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(WithoutWords(exporter)))
    # Pipecat asks for the process's own.
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def _bare(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        span.name,
        span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in KEPT},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
