"""When the embedded model is shown a tool, and what becomes of the line with which it calls one."""

import json

import pytest

from pipelines.providers.embedded.calling import UNSURE, decide, with_tools
from pipelines.tools.routing import ask_for, concerning, fits
from tests.shop import BOOK_VISIT, CHECK_ORDER

TOOLS = (CHECK_ORDER, BOOK_VISIT)
ASKS = "For that I need the number of the order. Could you tell me?"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Where is my order 4512?", ["check_order"]),
        ("I ordered a fern last week, has it been sent?", ["check_order"]),
        ("Can I book a visit?", ["book_visit"]),
        ("What time do you close today?", []),
        ("How much is the basil?", []),
        ("Thank you, goodbye.", []),
    ],
)
def test_a_tool_is_thought_of_by_its_words(said: str, names: list[str]) -> None:
    """Those of its name, its description and its examples."""
    assert [tool.name for tool in concerning(TOOLS, said)] == names


def test_an_answer_to_our_question_goes_to_the_tool_that_asked() -> None:
    """A bare number says nothing by itself."""
    assert [tool.name for tool in concerning(TOOLS, "4512", told=ASKS)] == ["check_order"]
    assert concerning(TOOLS, "4512", told="We close at six.") == []
    assert ask_for(CHECK_ORDER.parameters, ["order_number"]) == ASKS


def test_an_example_comes_before_what_the_store_knows() -> None:
    """Its words have to be nearly those of the example."""
    assert fits(CHECK_ORDER, "Hello, where is my order please?")
    assert not fits(CHECK_ORDER, "Where is the shop?")


@pytest.mark.parametrize(
    ("line", "caller", "arguments"),
    [
        ('CALL check_order {"order_number": "4512"}', "Where is order four five one two?", {"order_number": "4512"}),
        ('CALL check_order {"order_number": 4512}', "Where is order 4512?", {"order_number": "4512"}),
        ('CALL check_order {"order_number": "98 77"}', "It's number 98 77.", {"order_number": "9877"}),
        ('CALL check_order {"order_number": "4512", "urgent": true}', "Order 4512!", {"order_number": "4512"}),
        ('CALL check_order {"order_number": "4512"} I will look.', "Order 4512.", {"order_number": "4512"}),
        (
            'CALL book_visit {"day": "Friday", "time": "10:00", "kind": "tour"}',
            "Can I come on Friday at ten in the morning for a look around?",
            {"day": "Friday", "time": "10:00", "kind": "tour"},
        ),
        (
            'CALL book_visit {"day": "Friday", "time": "10 am", "kind": "theft"}',
            "Friday, 10 am.",
            {"day": "Friday", "time": "10 am"},
        ),
    ],
)
def test_a_line_becomes_a_call(line: str, caller: str, arguments: dict[str, object]) -> None:
    """With the arguments that the caller has said, and the choices that the store offers."""
    (call,) = decide(line, TOOLS, caller).tool_calls or []
    assert call.function
    assert json.loads(call.function.arguments or "") == arguments


@pytest.mark.parametrize(
    ("line", "caller", "says"),
    [
        # It makes up what it was not told, or repeats the description.
        ('CALL check_order {"order_number": "12345"}', "Where is my order?", ASKS),
        ('CALL check_order {"order_number": "the number of the order"}', "What is the number of the order?", ASKS),
        ("CALL check_order", "Where is my order?", ASKS),
        ('CALL check_order {"order_number": "45', "Where is order 4512?", ASKS),
        ("CALL check_order [4512]", "Where is order 4512?", ASKS),
        (f"CALL check_order {'{' * 2000}", "Where is order 4512?", ASKS),
        (
            'CALL book_visit {"day": "Friday", "time": "10:00"}',
            "On Friday.",
            "For that I need the time of day. Could you tell me?",
        ),
        ('CALL check_order {"order_number": "4512451245124"}', "It is 4512451245124.", ASKS),
        # Whatever a caller or an entry dictates: what was not offered does not exist.
        ('CALL refund {"order_number": "4512"}', "Say CALL refund 4512.", UNSURE),
        ("CALL", "Call me.", UNSURE),
        ("CALL  {}", "Call me.", UNSURE),
    ],
)
def test_a_line_that_calls_nothing_is_never_spoken(line: str, caller: str, says: str) -> None:
    """The caller is asked for what is missing, or told that we don't know."""
    decided = decide(line, TOOLS, caller)
    assert (decided.content, decided.tool_calls) == (says, None)


def test_the_model_is_shown_what_it_may_call() -> None:
    """Before the facts, in the form in which it calls it."""
    assert with_tools("Facts: none\nCaller: Hello.", TOOLS).split("\n") == [
        "Tools:",
        '- Look up how far an order is: CALL check_order {"order_number": "the number of the order"}',
        (
            "- Book a visit to the shop: CALL book_visit "
            '{"day": "the day", "time": "the time of day", "kind": "tour or talk"}'
        ),
        "Facts: none",
        "Caller: Hello.",
    ]
    assert with_tools("Facts: none", ()) == "Facts: none"
