"""Watch that handlers answer only what they declare, so that the OpenAPI document cannot drift away from the code."""

from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from auth.http.operations import operation_of
from server.errors import problem_for

# What handlers answered without having declared it; the fixture `_declared` in conftest.py fails the test.
undeclared: list[str] = []


@web.middleware
async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Stand directly before the handler and its gates, and note what they should have declared."""
    operation = operation_of(request.match_info.handler)
    what = f"{request.method} {request.path}"
    try:
        response = await handler(request)
    except web.HTTPException as error:
        # 404 and 405 come from the router, 413 from reading the body.
        if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and not (
            operation.body or operation.uploads
        ):
            undeclared.append(f"{what} raises {error!r}")
        raise
    except Exception as error:
        if problem_for(type(error)) and not isinstance(error, operation.refusals):
            undeclared.append(f"{what} raises {error!r}")
        raise
    if response.status != operation.status:
        undeclared.append(f"{what} answers {response.status}")
    return response
