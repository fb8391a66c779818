"""Say what a handler takes, gives and refuses: the same schemas check its requests and make the OpenAPI document.

    @takes(SignUp)
    @gives(Tokens, status=HTTPStatus.CREATED)
    @refuses(EmailTaken, TooBusy)
    async def sign_up(self, request: web.Request, form: SignUp) -> web.Response:

The handler's docstring becomes the operation's summary (first line) and description. What stands before a handler,
such as the check of an access token, is a `Gate`, and brings its own refusals. A `{id}` in a route's path is a UUID and
`{number}` a positive number: read them with `path_id` and `path_number`.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial, wraps
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from auth.errors import BodyTooSlow, InvalidRequest, MediaNotTaken, NotJson

# A field's name can come from the client.
FIELD_MAX_CHARACTERS = 60

# 64 KB or, of a file, 1 MB, over any network on which one can talk; whoever takes longer only holds a place.
BODY_TIMEOUT_S = 10

_KEY: Final = "__operation__"

ApiT = TypeVar("ApiT")
ModelT = TypeVar("ModelT", bound=BaseModel)
CallableT = TypeVar("CallableT", bound=Callable[..., Any])

Answering = Callable[[ApiT, web.Request], Awaitable[web.StreamResponse]]
Checked = Callable[[ApiT, web.Request, ModelT], Awaitable[web.StreamResponse]]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# JSON has one kind of number, in which 23.0 is an integer.
# https://json-schema.org/draft/2020-12/json-schema-core#section-4.2.3
Integer = Annotated[int, BeforeValidator(_whole)]


class Body(BaseModel):
    """What a client sends. Strict: no field is guessed, converted or left over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Query(BaseModel):
    """What a client asks in the URL; everything there is text, so numbers are read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What a client is answered; every field is there each time."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """What is known of a handler and the gates before it.

    A body is JSON, or a file of one of the types `uploads`, which may have `max_bytes` instead of the edge's own limit.
    `status` is that of success, whose body is `answer`, or text of the type `media`, or empty; with both, `answer` is
    the data of each event of a stream. `proofs` names the ways to prove oneself, each of which is enough; an API key
    has to have `scope`.
    """

    body: type[BaseModel] | None = None
    body_optional: bool = False
    uploads: tuple[str, ...] = ()
    max_bytes: int | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    media: str | None = None
    status: HTTPStatus = HTTPStatus.NO_CONTENT
    refusals: tuple[type[Exception], ...] = ()
    proofs: tuple[str, ...] = ()
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands before a handler: `proofs` names the ways to prove oneself, as the document shows them."""

    middleware: Middleware
    refusals: tuple[type[Exception], ...]
    proofs: tuple[str, ...] = ()
    scope: str | None = None

    def before(self, handler: Handler) -> Handler:
        """Put the gate in front of one handler; what `operation_of` tells of it then includes the gate."""
        known = operation_of(handler)
        gated = partial(self.middleware, handler=handler)
        noted = replace(
            known,
            refusals=(*self.refusals, *known.refusals),
            proofs=known.proofs or self.proofs,
            scope=known.scope or self.scope,
        )
        setattr(gated, _KEY, noted)
        return gated


def takes(model: type[ModelT], *, optional: bool = False) -> Callable[[Checked[ApiT, ModelT]], Answering[ApiT]]:
    """Hand the checked JSON body to the handler; where it is optional, an absent one is `model()`."""

    def decorate(handler: Checked[ApiT, ModelT]) -> Answering[ApiT]:
        @wraps(handler)
        async def checked(api: ApiT, request: web.Request) -> web.StreamResponse:
            if optional and not request.can_read_body:
                return await handler(api, request, model())
            return await handler(api, request, await json_body(request, model))

        return _noted(checked, body=model, body_optional=optional, refusals=(InvalidRequest, NotJson, BodyTooSlow))

    return decorate


def uploads(*media: str, max_bytes: int) -> Callable[[Answering[ApiT]], Answering[ApiT]]:
    """Let the handler read a file of one of these types: its request's `read` is bounded in bytes and time."""

    def decorate(handler: Answering[ApiT]) -> Answering[ApiT]:
        @wraps(handler)
        async def bounded(api: ApiT, request: web.Request) -> web.StreamResponse:
            if request.content_type not in media:
                raise MediaNotTaken
            roomy = request.clone(client_max_size=max_bytes + 1)
            await read_body(roomy)
            return await handler(api, roomy)

        return _noted(
            bounded, uploads=media, max_bytes=max_bytes, refusals=(InvalidRequest, MediaNotTaken, BodyTooSlow)
        )

    return decorate


def asks(model: type[ModelT]) -> Callable[[Checked[ApiT, ModelT]], Answering[ApiT]]:
    """Hand the checked query to the handler."""

    def decorate(handler: Checked[ApiT, ModelT]) -> Answering[ApiT]:
        @wraps(handler)
        async def checked(api: ApiT, request: web.Request) -> web.StreamResponse:
            return await handler(api, request, query(request, model))

        return _noted(checked, query=model, refusals=(InvalidRequest,))

    return decorate


def gives(
    model: type[BaseModel] | None = None, *, status: HTTPStatus = HTTPStatus.OK, media: str | None = None
) -> Callable[[CallableT], CallableT]:
    """Note what the handler answers when all goes well: a model, or text of the type `media`, or an empty body.

    Both together are a stream of events: `media`, and the model of each event's data.
    """
    return lambda handler: _noted(handler, answer=model, status=status, media=media)


def proves(*schemes: str) -> Callable[[CallableT], CallableT]:
    """Note how the handler itself learns who asks, where no gate does; any one of `schemes` is enough."""
    return lambda handler: _noted(handler, proofs=schemes)


def refuses(*errors: type[Exception]) -> Callable[[CallableT], CallableT]:
    """Note which domain errors the handler raises; server/errors.py knows their statuses and codes."""
    return lambda handler: _noted(handler, refusals=errors)


def operation_of(handler: Callable[..., Any]) -> Operation:
    """What the decorators above have noted."""
    operation = getattr(handler, _KEY, Operation())
    return operation if isinstance(operation, Operation) else Operation()


def answered(answer: Answer, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """`answer` as JSON, with names as the document has them."""
    return web.Response(
        body=answer.model_dump_json(by_alias=True).encode(), content_type="application/json", status=status
    )


async def json_body(request: web.Request, model: type[ModelT]) -> ModelT:
    """Read and check the body. Raises NotJson or InvalidRequest, whose message names the field and not its value."""
    require_json(request)
    body = await read_body(request)
    try:
        read = model.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(first_problem(error)) from None
    # Readers differ in which of two equal keys counts; between them, one could be checked and the other used.
    # https://www.rfc-editor.org/rfc/rfc8259#section-4
    json.loads(body, object_pairs_hook=_without_repetition)
    return read


def query(request: web.Request, model: type[ModelT]) -> ModelT:
    """Check the query. Raises InvalidRequest, as `json_body` does."""
    if len(request.query) != len(set(request.query)):
        raise InvalidRequest("The query: give each name once.")
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise InvalidRequest(first_problem(error)) from None


def path_id(request: web.Request, missing: Callable[[str], Exception]) -> UUID:
    """Read the route's `{id}`; what is no UUID is as missing as a UUID that nobody has. Raises `missing`."""
    text = request.match_info["id"]
    try:
        return UUID(text)
    except ValueError:
        raise missing(text) from None


def path_number(request: web.Request, missing: Callable[[str], Exception]) -> int:
    """Read the route's `{number}`, as `path_id` reads an id. Raises `missing`."""
    text = request.match_info["number"]
    if re.fullmatch("[1-9][0-9]{0,8}", text) is None:
        raise missing(text)
    return int(text)


async def read_body(request: web.Request) -> bytes:
    """Read the body, for BODY_TIMEOUT_S at most. Raises BodyTooSlow or InvalidRequest."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError:
        raise BodyTooSlow from None
    except (web.RequestPayloadError, ConnectionError):
        raise InvalidRequest("The body ends too early or is not what its headers say.") from None


def require_json(request: web.Request) -> None:
    """Refuse any other content type: it is the one that a page of another site cannot send without being asked back.

    Raises NotJson. https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#simple_requests
    """
    if request.content_type != "application/json":
        raise NotJson


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise InvalidRequest("The body: A key is there twice.")
    return read


def _noted(handler: CallableT, *, refusals: tuple[type[Exception], ...] = (), **changes: Any) -> CallableT:  # noqa: ANN401 - the fields of Operation
    known = operation_of(handler)
    setattr(handler, _KEY, replace(known, refusals=(*known.refusals, *refusals), **changes))
    return handler


def first_problem(error: ValidationError) -> str:
    """What is wrong first, by the field's name and without its value."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in problem["loc"])[:FIELD_MAX_CHARACTERS]
    if problem["type"] == "json_invalid":
        return "The body is not valid JSON."
    if problem["type"] == "uuid_parsing":
        return f"{field}: It is not a UUID."  # pydantic's words would repeat a part of it
    message = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {message}" if field else f"The body: {message}"
