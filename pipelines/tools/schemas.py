"""JSON Schemas for the arguments of tools: the part of the language that is allowed, and the check against it.

A store writes them, and what a model makes up is checked against them between two words of a call. So there are no
patterns, of which a slow one would hold up every call of the process, and no references, which somebody would fetch.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

# Within a schema, and of arguments.
MAX_DEPTH = 4
MAX_SCHEMA_BYTES = 4_000
MAX_ARGUMENTS_BYTES = 4_000
MAX_PROPERTIES = 12
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

Schema = Mapping[str, object]

_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean"})
_KEYWORDS = frozenset(
    {
        *("type", "title", "description", "enum", "default"),
        *("properties", "required"),
        *("items", "minItems", "maxItems"),
        *("minLength", "maxLength"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    }
)


@dataclass
class SchemaRefused(Exception):
    """It is no schema for arguments, or uses more of JSON Schema than is allowed; `reason` is a sentence."""

    reason: str


def check(schema: Schema) -> None:
    """Accept a schema of an object, bounded in size and depth. Raises SchemaRefused."""
    if len(json.dumps(schema).encode()) > MAX_SCHEMA_BYTES:
        raise SchemaRefused(f"It is longer than {MAX_SCHEMA_BYTES} bytes.")
    if schema.get("type") != "object":
        raise SchemaRefused("It has to describe an object: type 'object', with properties.")
    for part in _parts(schema, depth=1):
        _check_part(part)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise SchemaRefused(f"It is no JSON Schema: {error.message[:200]}.") from None


def problem(schema: Schema, arguments: object) -> str | None:
    """What is wrong with the arguments, in words for whoever made them; None if they fit.

    `schema` has passed `check`. Names that it does not know are wrong, at every depth.
    """
    if not isinstance(arguments, dict):
        return "The arguments have to be one JSON object."
    try:
        size = len(json.dumps(arguments).encode())
        deep = _depth(arguments) > MAX_DEPTH
    except RecursionError:
        deep, size = True, 0
    if deep or size > MAX_ARGUMENTS_BYTES:
        return "The arguments are too long or too deep."
    error = next(iter(_validator(json.dumps(schema)).iter_errors(arguments)), None)
    if error is None:
        return None
    where = ".".join(str(step) for step in error.absolute_path)
    return f"{where}: {error.message}"[:300] if where else error.message[:300]


def missing(schema: Schema, arguments: Mapping[str, object]) -> list[str]:
    """What is required and not given, at the top."""
    required = schema.get("required", [])
    return [str(name) for name in required if name not in arguments] if isinstance(required, list) else []


def _parts(schema: Schema, *, depth: int) -> Iterator[Schema]:
    """The schema and all within it. Raises SchemaRefused if it is too deep or no schema."""
    if depth > MAX_DEPTH:
        raise SchemaRefused(f"It is deeper than {MAX_DEPTH} levels.")
    yield schema
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        raise SchemaRefused("properties has to be an object.")
    within = [*properties.values(), *([schema["items"]] if "items" in schema else [])]
    for part in within:
        if not isinstance(part, dict):
            raise SchemaRefused("Each property and items has to be described by an object.")
        yield from _parts(part, depth=depth + 1)


def _check_part(part: Schema) -> None:
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise SchemaRefused(f"Each part needs one type: {', '.join(sorted(_TYPES))}.")
    for keyword in part.keys() - _KEYWORDS:
        raise SchemaRefused(f"The keyword {keyword[:40]!r} is not supported.")
    properties, required = part.get("properties", {}), part.get("required", [])
    if not isinstance(properties, dict) or len(properties) > MAX_PROPERTIES:
        raise SchemaRefused(f"An object can have {MAX_PROPERTIES} properties.")
    if not all(NAME.fullmatch(name) for name in properties):
        raise SchemaRefused("Names of properties are small letters, digits and underscores.")
    if not isinstance(required, list) or not all(name in properties for name in required):
        raise SchemaRefused("What is required has to be one of the properties.")


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(_closed(json.loads(schema)))


def _closed(schema: Schema) -> Schema:
    """The same without room for other names."""
    closed = dict(schema)
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        within = properties.items() if isinstance(properties, dict) else ()
        closed |= {"additionalProperties": False, "properties": {name: _closed(part) for name, part in within}}
    if isinstance(items := schema.get("items"), dict):
        closed["items"] = _closed(items)
    return closed


def _depth(value: object) -> int:
    within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if within is None else 1 + max(map(_depth, within), default=0)
