"""A store's own fields: what may be wanted, and what of a model's answer is taken."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.after.fields import MAX_FIELDS, MAX_VALUE_CHARACTERS, FieldWanted, fitting, schema
from pipelines.assistants.content import AssistantContent

WANTED = (
    FieldWanted(name="who", description="The caller's name.", type="text"),
    FieldWanted(name="people", description="For how many.", type="number"),
    FieldWanted(name="new", description="Whether it is their first call.", type="yes_no"),
    FieldWanted(name="about", description="The matter.", type="choice", choices=("order", "table")),
)
FIELD = {"name": "people", "description": "For how many.", "type": "number"}


def test_what_fits_is_taken() -> None:
    """Each as its type has it."""
    answer = {"who": " Ann\0 ", "people": 4, "new": True, "about": "table"}
    assert fitting(WANTED, answer).values == {"who": "Ann", "people": 4.0, "new": True, "about": "table"}
    jsonschema.validate({**answer, "who": "Ann"}, schema(WANTED))
    jsonschema.validate(dict.fromkeys(answer), schema(WANTED))


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in WANTED]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3),
    )
)
def test_whatever_is_answered(answer: dict[str, Any]) -> None:
    """Nothing gets in that its field does not allow, or that JSON and the database do not take."""
    values = fitting(WANTED, answer).values
    assert list(values) == [field.name for field in WANTED]
    jsonschema.validate(values, schema(WANTED))
    json.dumps(values, allow_nan=False)
    assert len(str(values["who"])) <= MAX_VALUE_CHARACTERS


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([FIELD, FIELD], "same name"),
        ([{**FIELD, "type": "choice"}], "have choices"),
        ([{**FIELD, "choices": ["a"]}], "have choices"),
        ([{**FIELD, "name": "How many?"}], "pattern"),
        ([{**FIELD, "type": "date"}], "text"),
        ([{**FIELD, "name": f"f{n}"} for n in range(MAX_FIELDS + 1)], str(MAX_FIELDS)),
    ],
)
def test_what_cannot_be_wanted(fields: list[dict[str, object]], problem: str) -> None:
    """The draft is refused by the field."""
    with pytest.raises(ValidationError, match=problem):
        AssistantContent.model_validate_json(json.dumps({"name": "Ivy", "greeting": "Hello.", "fields": fields}))
