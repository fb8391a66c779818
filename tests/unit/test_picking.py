"""What the model beside the server reads, and to what it is held."""

from typing import cast

from pipecat.processors.aggregators.llm_context import LLMContextMessage

from pipelines.prompts import Persona, opening, with_facts
from pipelines.providers.embedded import picking
from tests.shop import CHECK_ORDER

IVY = Persona(assistant="Ivy", store="Fern and Fig", instructions="A garden shop.")
SAID = cast(
    list[LLMContextMessage],
    [
        {"role": "user", "content": "Has my order left?"},
        {"role": "assistant", "content": "For that I need its number."},
        {"role": "user", "content": with_facts("It's 4512.", [])},
    ],
)


def contents(messages: list[LLMContextMessage]) -> list[str]:
    """What they say."""
    return [str(cast(dict[str, object], message)["content"]) for message in messages]


def test_the_question_stands_alone() -> None:
    """All stores begin alike, then comes the store, and of the conversation only the question: it is read soon."""
    read = picking.conversation([*opening(IVY), *SAID])
    shared = picking.prefix()[1:]
    assert read[: len(shared)] == shared
    about, _, question = contents(read[len(shared) :])
    assert "Fern and Fig" in about
    assert question == "Facts: none\nCaller: It's 4512."


def test_beside_a_tool_stands_what_was_said_before() -> None:
    """A bare number says nothing by itself."""
    *_, question = contents(picking.conversation([*opening(IVY), *SAID], [CHECK_ORDER]))
    assert question.startswith("Before:\nCaller: Has my order left?\nYou: For that I need its number.\nTools:\n")
    assert question.endswith("Caller: It's 4512.")


def test_every_example_is_what_may_be_written() -> None:
    """Each answers with a name of its own facts, one of the words, or small talk."""
    for facts, _, answer in picking.EXAMPLES:
        parts = answer.split(picking.AND) if answer not in picking.names(facts) else [answer]
        assert answer.startswith(picking.SAY) or set(parts) <= {*picking.names(facts), *picking.SAYS}


def test_the_grammar() -> None:
    """Names are written as they stand, whatever is in them; calls only of the tools that are shown."""
    assert picking.grammar(['The\f "Fern"\b: $9.'], [CHECK_ORDER]).split("\n") == [
        'root ::= "unknown" | "cannot" | "elsewhere" | name (" and " name)? | call | say',
        'say ::= "say: " [^\\n]+',
        'name ::= "The \\"Fern\\""',
        'call ::= "CALL " ("check_order") " {" [^\\n]+',
    ]
    assert "name" not in picking.grammar([])
