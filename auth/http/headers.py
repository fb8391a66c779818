"""Headers that an answer has whatever becomes of its request, also when that is an error."""

from collections.abc import Iterable

from aiohttp import web
from multidict import CIMultiDict

# One object for a request and its clones: the answer is prepared with the first of them.
ANSWER_HEADERS = web.RequestKey("answer_headers", CIMultiDict[str])


def also_answer(request: web.Request, headers: Iterable[tuple[str, str]]) -> None:
    """Add headers to the answer to come; `server.middleware` does so."""
    request[ANSWER_HEADERS].extend(headers)
