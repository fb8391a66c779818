"""The OpenAPI 3.1 document of one API, made from its routes: what checks the requests also describes them.

https://spec.openapis.org/oas/v3.1.1.html
"""

import inspect
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from auth.errors import NotJson
from auth.http.operations import Operation, operation_of
from auth.principals import Kind
from auth.sessions.cookies import REFRESH, SECURE_PREFIX, SESSION
from pipelines.widgets.records import KEY_PATTERN
from server.errors import (
    DATABASE_AWAY,
    EDGE,
    ENCODED_BODY,
    INTERNAL_ERROR,
    TOO_LARGE,
    UNKNOWN_HOST,
    Problem,
    problem_for,
)
from server.links import link
from server.routes import Route

VERSION = "0.1.0"
JSON_TYPE = "application/json"
# What stands in the braces of a route's path.
PATH_PARAMETERS: dict[str, dict[str, object]] = {
    "id": {"type": "string", "format": "uuid"},
    "number": {"type": "integer", "minimum": 1},
    "key": {"type": "string", "pattern": KEY_PATTERN},
    "door": {"type": "string", "enum": ["start", "offer"]},
    "slug": {"type": "string", "pattern": "^[a-z0-9-]{1,48}$"},
}
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
WIDGET = "widget"
KINDS = {kind.value for kind in Kind}

Json = dict[str, Any]
Schemas = dict[Any, Json]

# Each way to prove oneself, and the credentials that it takes together.
SCHEMES: dict[str, dict[str, Json]] = {
    "access_token": {
        "access_token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Of sign-up, log-in or refresh; good for ten minutes, and only while its session lives.",
        }
    },
    "api_key": {
        "api_key": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "slk_…",
            "description": "Of POST /store/api-keys, for programs of a store; it has to have the scope that is named.",
        }
    },
    "session_cookies": {
        "session_cookie": {"type": "apiKey", "in": "cookie", "name": SESSION, "description": "The session."},
        "refresh_cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": REFRESH,
            "description": "The session's refresh token; scripts cannot read it.",
        },
    },
    "ticket": {
        "ticket": {
            "type": "apiKey",
            "in": "query",
            "name": "token",
            "description": "Of POST …/voice/start; opens the line once, within 30 seconds.",
        }
    },
}

PROBLEM: Json = {
    "type": "object",
    "description": "Every refusal: the code is for programs and stable, the message for people.",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}

ABOUT = """Requests and answers are JSON in UTF-8. Every refusal is `{"error": {"code", "message"}}`, and its code is
stable. Every answer carries `X-Request-Id`, under which the server's log has it."""


class _Untitled(GenerateJsonSchema):
    """A field's name is its title; times of day have no offset, which JSON Schema's `time` demands; bounds are told."""

    def generate_inner(self, schema: Any) -> Json:  # noqa: ANN401 - pydantic's signature
        # Behind a validator pydantic leaves bounds as they stand in Python.
        return {BOUNDS.get(name, name): value for name, value in super().generate_inner(schema).items()}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's signature
        return False

    def time_schema(self, schema: Any) -> Json:  # noqa: ANN401, ARG002 - the same
        # https://spec.openapis.org/registry/format/time-local
        return {"type": "string", "format": "time-local"}


def document(api: str, routes: Sequence[Route], *, secure_cookies: bool) -> Json:
    """Describe `routes`; equal routes give an equal document. Raises UndeclaredProblem."""
    described = [(route, operation_of(route.defined().handler)) for route in routes]
    schemas, definitions = _schemas(operation for _, operation in described)
    paths: dict[str, Json] = {}
    for route, operation in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, operation, schemas)
    proofs = dict.fromkeys(proof for _, operation in described for proof in operation.proofs)
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"Storeline {api}", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        # What everybody looks for first stands first.
        "tags": [
            {"name": name} for name in sorted({_tag(route) for route in routes}, key=lambda tag: (tag == "server", tag))
        ],
        # What no operation answers, and the edge does: an unknown address, a wrong method, bytes that are no HTTP.
        "x-edge-problems": [
            {"status": problem.status.value, "code": problem.code, "message": problem.message} for problem in EDGE
        ],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, **definitions},
            "securitySchemes": {
                name: _named_as_sent(scheme, secure_cookies=secure_cookies)
                for proof in proofs
                for name, scheme in SCHEMES[proof].items()
            },
        },
    }
    link(document)
    return document


def refusals_of(route: Route) -> dict[HTTPStatus, dict[str, str]]:
    """Everything that may be answered instead of success: by status, each code with what it says."""
    operation = operation_of(route.defined().handler)
    problems = [_declared(route, refusal) for refusal in operation.refusals]
    edge = [
        *([TOO_LARGE, ENCODED_BODY] if operation.body or operation.uploads else []),
        UNKNOWN_HOST,
        INTERNAL_ERROR,
        DATABASE_AWAY,
    ]
    by_status: dict[HTTPStatus, dict[str, str]] = {}
    for problem, about in (*problems, *((problem, problem.message or "") for problem in edge)):
        by_status.setdefault(problem.status, {}).setdefault(problem.code, about)
    return dict(sorted(by_status.items()))


class UndeclaredProblem(Exception):
    """An operation refuses with an error that PROBLEMS does not know."""

    def __init__(self, route: Route, refusal: type[Exception]) -> None:
        super().__init__(f"{route.method} {route.path} refuses with {refusal.__name__}, which PROBLEMS does not have")


def _declared(route: Route, refusal: type[Exception]) -> tuple[Problem, str]:
    problem = problem_for(refusal)
    if problem is None:
        raise UndeclaredProblem(route, refusal)
    # What people are told; where that depends on the case, what the error is.
    about = problem.message or getattr(refusal, "message", None) or _sentences(refusal)[0]
    return problem, about


def _schemas(operations: Iterable[Operation]) -> tuple[Schemas, Json]:
    """Where each model is described, and all descriptions by name."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for operation in operations:
        if operation.body:
            models[operation.body, "validation"] = None
        if operation.answer:
            models[operation.answer, "serialization"] = None
    template = "#/components/schemas/{model}"
    schemas, top = models_json_schema(list(models), ref_template=template, schema_generator=_Untitled)
    return {model: schema for (model, _), schema in schemas.items()}, top.get("$defs", {})


def _operation(route: Route, operation: Operation, schemas: Schemas) -> Json:
    summary, description = _sentences(route.handler)
    described: Json = {"operationId": _operation_id(route), "tags": [_tag(route)], "summary": summary.rstrip(".")}
    if description:
        described["description"] = description
    parameters = [*_path_parameters(route.path), *_query_parameters(operation)]
    if parameters:
        described["parameters"] = parameters
    body = _body(route, operation, schemas)
    if body:
        described["requestBody"] = body
    described["responses"] = {
        str(operation.status.value): _success(operation, schemas),
        **{str(status.value): _refusal(status, codes) for status, codes in refusals_of(route).items()},
    }
    # None at all is said, too: it is no omission.
    described["security"] = [
        {name: [operation.scope] if proof == "api_key" and operation.scope else [] for name in SCHEMES[proof]}
        for proof in operation.proofs
    ]
    return described


def _sentences(documented: object) -> tuple[str, str]:
    """The first sentence of a docstring, and the rest."""
    first, end, rest = re.split(r"(\.\s|\.$|$)", inspect.getdoc(documented) or "", maxsplit=1)
    return first + end.strip(), rest.strip()


def _path_parameters(path: str) -> list[Json]:
    names = re.findall(r"{(\w+)}", path)
    return [{"name": name, "in": "path", "required": True, "schema": PATH_PARAMETERS[name]} for name in names]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(schema_generator=_Untitled)
    parameters = []
    for name, field in schema["properties"].items():
        parameter: Json = {"name": name, "in": "query", "schema": _without_null(field)}
        if name in schema.get("required", []):
            parameter["required"] = True
        description = parameter["schema"].pop("description", None)
        if description:
            parameter["description"] = description
        parameters.append(parameter)
    return parameters


def _without_null(field: Json) -> Json:
    """A URL cannot say null; a name that is left out stands for it."""
    named = {key: value for key, value in field.items() if key != "anyOf" and not (key == "default" and value is None)}
    given = [choice for choice in field.get("anyOf", []) if choice != {"type": "null"}]
    return {**named, **given[0]} if len(given) == 1 else {**named, **({"anyOf": given} if given else {})}


def _body(route: Route, operation: Operation, schemas: Schemas) -> Json | None:
    # That a body is declared as JSON keeps other sites' forms away, also where nothing of it is read.
    declared = any(NotJson in gate.refusals for gate in route.gates)
    if operation.body:
        required = declared or not operation.body_optional
        return {"required": required, "content": {JSON_TYPE: {"schema": schemas[operation.body]}}}
    if operation.uploads:
        return {"required": True, "content": {media: {"schema": {"type": "string"}} for media in operation.uploads}}
    if declared:
        return {"required": True, "content": {JSON_TYPE: {"schema": {}, "example": {}}}}
    return None


def _success(operation: Operation, schemas: Schemas) -> Json:
    if operation.answer:
        about = (inspect.getdoc(operation.answer) or operation.status.phrase).partition("\n")[0]
        return {"description": about, "content": {operation.media or JSON_TYPE: {"schema": schemas[operation.answer]}}}
    if operation.media:
        schema = {"type": "object"} if operation.media == JSON_TYPE else {"type": "string"}
        return {"description": operation.status.phrase, "content": {operation.media: {"schema": schema}}}
    return {"description": operation.status.phrase}


def _refusal(status: HTTPStatus, codes: dict[str, str]) -> Json:
    known = {"enum": list(codes), "x-enum-descriptions": list(codes.values())}
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"properties": {"error": {"properties": {"code": known}}}},
        ]
    }
    refusal: Json = {"description": " ".join(codes.values()), "content": {JSON_TYPE: {"schema": schema}}}
    if status is HTTPStatus.UNAUTHORIZED:
        refusal["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        seconds = {"description": "Seconds to wait before asking again.", "schema": {"type": "integer", "minimum": 0}}
        refusal["headers"] = {"Retry-After": seconds}
    return refusal


def _tag(route: Route) -> str:
    """`/user/voice/start` is about voice, `/health` about the server."""
    _, kind, *rest = route.path.split("/")
    if kind == WIDGET and rest:
        return WIDGET
    return rest[0] if kind in KINDS and rest else "server"


def _operation_id(route: Route) -> str:
    """`voiceStart`, the tag and the handler's name, so that generated clients read well; `jwks` for a file's name."""
    tag, name = _tag(route), route.handler.__name__
    if tag == "server":
        return PurePosixPath(route.path).stem or name
    first, *others = re.split(r"[_-]", name if name == tag else f"{tag}_{name}")
    return first + "".join(word.capitalize() for word in others)


def _named_as_sent(scheme: Json, *, secure_cookies: bool) -> Json:
    if scheme.get("in") == "cookie" and secure_cookies:
        return {**scheme, "name": SECURE_PREFIX + scheme["name"]}
    return scheme
