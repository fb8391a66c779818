"""What a store wants to know of each call: fields of its own, filled from the transcript once the call is over.

A field that nobody spoke of stays null. What a model answers is taken only where it fits its field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import AfterValidator, Field, model_validator

from auth.http.operations import Body
from pipelines.conversations.records import Turn

MAX_FIELDS = 12
MAX_CHOICES = 12
MAX_VALUE_CHARACTERS = 500
LARGEST_NUMBER = 10**12

FieldType = Literal["text", "number", "yes_no", "choice"]
FieldValue = str | float | bool | None


class Missing(StrEnum):
    """Why no field of a call was filled."""

    # The embedded model runs inside the server, and others do not answer in a form that can be checked.
    NO_MODEL = "no_model"
    MODEL_FAILED = "model_failed"
    NOTHING_SAID = "nothing_said"


Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f-\u009f]+$")]
Choice = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\u0000-\u001f\u007f-\u009f]+$")]


class FieldWanted(Body):
    """One thing to find in a call: `description` tells the model what is meant; `choices` are for the type `choice`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["party_size"])]
    description: Line
    type: FieldType
    choices: Annotated[tuple[Choice, ...], Field(max_length=MAX_CHOICES)] = ()

    @model_validator(mode="after")
    def _choices_where_there_are_some(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("Fields of the type choice have choices, and only they.")
        return self


def _named_once(fields: tuple[FieldWanted, ...]) -> tuple[FieldWanted, ...]:
    if len({field.name for field in fields}) < len(fields):
        raise ValueError("Two of the fields have the same name.")
    return fields


FieldsWanted = Annotated[tuple[FieldWanted, ...], Field(max_length=MAX_FIELDS), AfterValidator(_named_once)]


@dataclass(frozen=True, slots=True)
class Filled:
    """The value of each field that was wanted, by its name; `missing` says why there are none."""

    values: Mapping[str, FieldValue]
    missing: Missing | None = None


class Extracts(Protocol):
    """Who reads a transcript for fields."""

    async def filled(self, wanted: Sequence[FieldWanted], turns: Sequence[Turn]) -> Filled:
        """Fill them as far as the call tells; it never raises for what a model does."""


class NoExtractor:
    """There is no model to ask."""

    async def filled(self, wanted: Sequence[FieldWanted], turns: Sequence[Turn]) -> Filled:  # noqa: ARG002 - as above
        """Fill none."""
        return unfilled(wanted, Missing.NO_MODEL)


def unfilled(wanted: Sequence[FieldWanted], why: Missing) -> Filled:
    """None of them."""
    return Filled(dict.fromkeys((field.name for field in wanted), None), why)


def schema(wanted: Sequence[FieldWanted]) -> dict[str, Any]:
    """The JSON Schema of an answer, in the subset that strict structured outputs take.

    https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    return {
        "type": "object",
        "properties": {field.name: {**_type(field), "description": field.description} for field in wanted},
        "required": [field.name for field in wanted],
        "additionalProperties": False,
    }


def fitting(wanted: Sequence[FieldWanted], answer: Mapping[str, object]) -> Filled:
    """What of an answer fits; all else is as if it had not been said."""
    return Filled({field.name: _fitting(field, answer.get(field.name)) for field in wanted})


def _type(field: FieldWanted) -> dict[str, Any]:
    if field.type == "choice":
        return {"type": ["string", "null"], "enum": [*field.choices, None]}
    return {"type": [{"text": "string", "number": "number", "yes_no": "boolean"}[field.type], "null"]}


def _fitting(field: FieldWanted, value: object) -> FieldValue:
    match field.type, value:
        case "yes_no", bool():
            return value
        case "number", int() | float() if not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER:
            return float(value)
        case "choice", str() if value in field.choices:
            return value
        case "text", str() if value.strip():
            # PostgreSQL's text cannot hold U+0000.
            return value.replace("\0", "").strip()[:MAX_VALUE_CHARACTERS]
    return None
