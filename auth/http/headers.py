"""Headers that an answer has whatever becomes of its request, also when that is an error."""

from collections.abc import Mapping

from aiohttp import web

ANSWER_HEADERS = web.RequestKey("answer_headers", dict[str, str])


def also_answer(request: web.Request, headers: Mapping[str, str]) -> None:
    """Set headers of the answer to come; `server.middleware` adds them."""
    request[ANSWER_HEADERS].update(headers)
