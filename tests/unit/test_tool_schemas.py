"""Which JSON Schemas a store may give a tool, and which arguments fit them."""

import pytest
from google.genai.types import Tool
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema

from pipelines.providers.google import GoogleTools
from pipelines.tools.schemas import MAX_DEPTH, MAX_PROPERTIES, SchemaRefused, check, missing, problem

ORDER = {
    "type": "object",
    "properties": {
        "order_number": {"type": "string", "description": "the number of the order", "minLength": 1, "maxLength": 12},
        "size": {"type": "string", "enum": ["S", "M", "L"]},
        "items": {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 3},
    },
    "required": ["order_number"],
}


def nested(depth: int) -> dict[str, object]:
    """An object in an object, so many levels deep."""
    within = nested(depth - 1) if depth > 1 else {"type": "string"}
    return {"type": "object", "properties": {"a": within}}


def one(**keywords: object) -> dict[str, object]:
    """A schema with one property."""
    return {"type": "object", "properties": {"a": {"type": "string", **keywords}}}


@pytest.mark.parametrize("schema", [ORDER, {"type": "object", "properties": {}}, nested(MAX_DEPTH - 1)])
def test_what_describes_arguments_is_taken(schema: dict[str, object]) -> None:
    """Objects of plain values, lists and objects."""
    check(schema)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "array", "items": {"type": "string"}}, "an object"),
        # Python's own patterns can take hours.
        (one(pattern="(a+)+$"), "'pattern'"),
        # Nobody shall fetch anything.
        (one(**{"$ref": "http://169.254.169.254/"}), "'\\$ref'"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}}, "one type"),
        ({"type": "object", "patternProperties": {}}, "'patternProperties'"),
        ({"type": "object", "properties": {"Order No": {"type": "string"}}}, "small letters"),
        ({"type": "object", "properties": [], "required": []}, "properties"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "required"),
        ({"type": "object", "properties": {"a": {"type": ["string", "null"]}}}, "one type"),
        ({"type": "object", "properties": {"a": "string"}}, "an object"),
        (one(minLength="three"), "no JSON Schema"),
        (one(description="x" * 4_000), "longer"),
        (nested(MAX_DEPTH), "deeper"),
        (
            {"type": "object", "properties": {f"a{n}": {"type": "string"} for n in range(MAX_PROPERTIES + 1)}},
            "properties",
        ),
    ],
)
def test_everything_else_is_refused(schema: dict[str, object], why: str) -> None:
    """With the reason; a schema is checked once, and arguments in the middle of a call."""
    with pytest.raises(SchemaRefused) as refused:
        check(schema)
    assert why.replace("\\", "") in refused.value.reason


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"order_number": "4512", "size": "M", "items": [1, 2]}, None),
        ({}, "'order_number' is a required property"),
        ({"order_number": 4512}, "order_number: 4512 is not of type 'string'"),
        ({"order_number": "4512", "size": "XL"}, "size: 'XL' is not one of ['S', 'M', 'L']"),
        ({"order_number": "4512", "items": [0]}, "items.0: 0 is less than the minimum of 1"),
        ({"order_number": "4512", "admin": True}, "Additional properties"),
        (["4512"], "one JSON object"),
        (None, "one JSON object"),
        ({"order_number": "4" * 5_000}, "too long"),
        ({"order_number": [[[[["4"]]]]]}, "too deep"),
    ],
)
def test_arguments_are_checked(arguments: object, why: str | None) -> None:
    """A model is told in words what is wrong; nothing that the schema does not know gets through."""
    found = problem(ORDER, arguments)
    assert found is None if why is None else why in (found or "")


def test_what_is_missing_is_named() -> None:
    """So that the caller can be asked for it."""
    assert missing(ORDER, {"size": "M"}) == ["order_number"]


def test_google_is_told_what_it_has_words_for() -> None:
    """Its client would refuse all tools for one keyword that it does not know."""
    properties = {"size_m": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9}}
    check({"type": "object", "properties": properties})
    tools = ToolsSchema(standard_tools=[FunctionSchema("measure", "", properties, [])])
    (told,) = GoogleTools().to_provider_tools_format(tools)  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
    assert told["function_declarations"][0]["parameters"]["properties"] == {"size_m": {"type": "number"}}
    Tool.model_validate(told)
