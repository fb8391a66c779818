"""Answer with a recording, whole or in ranges (RFC 9110, section 14)."""

from http import HTTPStatus
from pathlib import Path

from aiohttp import hdrs, web

from pipelines.conversations.recordings import Stored

HEADERS = {hdrs.CONTENT_TYPE: "audio/ogg", hdrs.CACHE_CONTROL: "private, no-store"}


async def played(request: web.Request, recording: Path | Stored) -> web.StreamResponse:
    """Send it; what is not a file here passes through us piece by piece."""
    if isinstance(recording, Path):
        return web.FileResponse(recording, headers=HEADERS)
    return await _passed_on(request, recording)


async def _passed_on(request: web.Request, recording: Stored) -> web.StreamResponse:
    size = recording.size_bytes
    try:
        wanted = request.http_range
    except ValueError:
        # An unknown unit, or several ranges: all of it is an answer, too.
        wanted = slice(None)
    start, end, _ = wanted.indices(size)
    partial = wanted != slice(None, None, 1) and wanted != slice(None)
    if partial and start >= end:
        return web.Response(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={hdrs.CONTENT_RANGE: f"bytes */{size}"}
        )
    response = web.StreamResponse(
        status=HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK,
        headers={**HEADERS, hdrs.ACCEPT_RANGES: "bytes"},
    )
    if partial:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{size}"
    response.content_length = end - start
    await response.prepare(request)
    if request.method == hdrs.METH_HEAD:
        return response
    try:
        async for chunk in recording.read(start, end):
            await response.write(chunk)
    except Exception:
        # Otherwise the answer to the error would be appended, and the whole end as if it were complete.
        if request.transport:
            request.transport.abort()
        raise
    await response.write_eof()
    return response
