"""Where an id or a token that one operation answers is what another one takes, as OpenAPI's links say it.

https://spec.openapis.org/oas/v3.1.1.html#link-object
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

JSON_TYPE = "application/json"


def link(document: Json) -> None:
    """Add the links that names and paths of `document` imply."""
    models = document["components"]["schemas"]
    operations = [(path, operation) for path, methods in document["paths"].items() for operation in methods.values()]
    for path, operation in operations:
        status, success = next(iter(operation["responses"].items()))
        answer = _fields(success, models)
        links = dict(
            [each for other_path, other in operations for each in _between(path, answer, other_path, other, models)]
        )
        if links:
            operation["responses"][status] = {**success, "links": links}


def _between(path: str, answer: Json, other_path: str, other: Json, models: Json) -> Iterator[tuple[str, Json]]:
    name = other["operationId"]
    if other_path == f"{path}/{{id}}":
        where = _id_in(answer, models)
        if where:
            yield name, {"operationId": name, "parameters": {"id": f"$response.body#/{where}"}}
    body = other.get("requestBody", {})
    needed = _model(body, models).get("required", [])
    # Only what nobody but us can have made; a name or an address is everybody's.
    if needed and set(needed) <= answer.keys() and all(field.endswith(("token", "_id")) for field in needed):
        yield name, {"operationId": name, "requestBody": {field: f"$response.body#/{field}" for field in needed}}


def _id_in(answer: Json, models: Json) -> str | None:
    """Of what was made, or of the first of a list."""
    if "id" in answer:
        return "id"
    for name, field in answer.items():
        if "id" in _resolved(field.get("items", {}), models).get("properties", {}):
            return f"{name}/0/id"
    return None


def _fields(message: Json, models: Json) -> Json:
    fields: Json = _model(message, models).get("properties", {})
    return fields


def _model(message: Json, models: Json) -> Json:
    return _resolved(message.get("content", {}).get(JSON_TYPE, {}).get("schema", {}), models)


def _resolved(schema: Json, models: Json) -> Json:
    model: Json = models[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return model
