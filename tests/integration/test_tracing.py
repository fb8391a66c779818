"""What a collector of OpenTelemetry is told of a conversation, and what it is not."""

import asyncio
import gzip
from pathlib import Path

import asyncpg
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from server.settings import Settings
from server.tracing import traced
from tests.companies import company
from tests.talking import ASKED, QUESTION, TOLD, house

PARTS = {"stt", "llm", "tts"}


async def test_each_turn_is_told_in_parts_and_without_words(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    """A conversation holds its turns, a turn what heard, thought and spoke in it, and none of them what was said."""
    sent: list[bytes] = []

    async def collector(request: web.Request) -> web.Response:
        assert (request.path, request.content_type) == ("/v1/traces", "application/x-protobuf")
        body = await request.read()
        sent.append(gzip.decompress(body) if "Content-Encoding" in request.headers else body)
        return web.Response(content_type="application/x-protobuf")

    async with company(collector) as url:
        settings = Settings(_env_file=None, data_dir=tmp_path, otel_exporter_otlp_endpoint=url)
        tracing = traced(settings)
        tracing.__enter__()
        async with house(settings, database_url) as there, there.call() as caller:
            await caller.say(QUESTION)
        # It waits for the collector, which stands on this loop.
        await asyncio.to_thread(tracing.__exit__, None, None, None)
    spans = {span.span_id: span for each in sent for span in spans_of(each)}
    (conversation,) = [span for span in spans.values() if span.name == "conversation"]
    attributes = {each.key: each.value.string_value for each in conversation.attributes}
    assert attributes["conversation.id"] == str(await pool.fetchval("SELECT id FROM conversations"))
    assert attributes["request.id"]
    turns = [span for span in spans.values() if span.name == "turn"]
    assert {turn.parent_span_id for turn in turns} == {conversation.span_id}
    answered = [
        turn for turn in turns if {part.name for part in spans.values() if part.parent_span_id == turn.span_id} == PARTS
    ]
    assert len(answered) == 1
    for words in (ASKED, TOLD, "bathroom", "Marlow"):
        assert not any(words.encode() in each for each in sent)


def spans_of(body: bytes) -> list[Span]:
    """All spans of one request."""
    read = ExportTraceServiceRequest.FromString(body)
    return [span for of in read.resource_spans for scope in of.scope_spans for span in scope.spans]
