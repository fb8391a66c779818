"""What the model beside the server reads, and to what it is held."""

from typing import cast

import pytest
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from pipelines.grounding.answers import Facts
from pipelines.prompts import MAX_STORE_TOKENS, Persona, opening, tokens_at_most, with_facts
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
    assert question == "Caller: It's 4512."


def test_what_the_store_knows_is_read_with_the_store() -> None:
    """As much as fits, and not with the question; until it is learnt, what was found for the question."""
    known = tuple(f"Fact {number}: {'word ' * 40}end." for number in range(60))
    messages = [*opening(IVY), cast(LLMContextMessage, {"role": "user", "content": with_facts("Is it?", known[:1])})]
    *read, _ = picking.opening(messages, known)
    (about,) = contents(read[-1:])
    assert "A garden shop." in about
    assert f"- {known[0]}\n" in about
    assert known[-1] not in about
    assert tokens_at_most(about) < MAX_STORE_TOKENS + 100
    for learnt, listed in ((True, known[:2]), (False, known[:1])):
        *_, about, _, question = contents(picking.conversation(messages, store_facts=known, learnt=learnt))
        assert question == "Caller: Is it?"
        assert [fact in about for fact in known[:2]] == [fact in listed for fact in known[:2]]
    *_, question = contents(picking.conversation(messages, store_facts=known[1:], learnt=True))
    assert question.startswith("Facts:\n- Fact 0")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", None),
        ("O", None),
        ("Ol", None),
        ("Ob", "Obelisk: $9."),
        ("Olive tree", None),
        ("un", picking.SAYS["unknown"]),
    ],
)
def test_a_pick_is_certain_once_it_can_be_no_other(written: str, said: str | None) -> None:
    """An olive tree may yet become an olive tree pot."""
    found = Facts(("Obelisk: $9.", "Olive tree: $85.", "Olive tree pot: $12."))
    certain = picking.certain(written, found)
    assert (certain and certain.text) == said


def test_what_was_not_found_for_the_question_does_not_answer_it() -> None:
    """The model reads all that the store knows, and picks something of it when nothing fits."""
    found, known = Facts(("Obelisk: $9.",)), ["Obelisk: $9.", "Olive tree: $85.", "Olive oil: $8."]
    assert picking.certain("Ol", found, known) is None
    certain = picking.certain("Olive t", found, known)
    assert certain
    assert certain.text == picking.decide("Olive tree", found).text == picking.SAYS[picking.UNKNOWN]
    assert picking.decide("Obelisk and Olive tree", found).text == "Obelisk: $9."


def test_beside_a_tool_stands_what_was_said_before() -> None:
    """A bare number says nothing by itself."""
    *_, question = contents(picking.conversation([*opening(IVY), *SAID], [CHECK_ORDER]))
    assert question.startswith("Before:\nCaller: Has my order left?\nYou: For that I need its number.\nTools:\n")
    assert question.endswith("Caller: It's 4512.")


def test_every_example_is_what_may_be_written() -> None:
    """Each answers with a name of its store's facts, one of the words, or small talk."""
    for facts, _, answer in picking.EXAMPLES:
        known = picking.names([*picking.KNOWN, *facts])
        assert answer.startswith(picking.SAY) or set(answer.split(picking.AND)) <= {*known, *picking.SAYS}


def test_the_grammar() -> None:
    """Names are written as they stand, whatever is in them; calls only of the tools that are shown."""
    assert picking.grammar(['The\f "Fern"\b: $9.'], [CHECK_ORDER]).split("\n") == [
        'root ::= "unknown" | "cannot" | "elsewhere" | name (" and " name)? | call | say',
        'say ::= "say: " [^\\n]+',
        'name ::= "The \\"Fern\\""',
        'call ::= "CALL " ("check_order") " {" [^\\n]+',
    ]
    assert "name" not in picking.grammar([])
