"""What the model is told."""

from typing import cast

from pipecat.processors.aggregators.llm_context import LLMStandardMessage

from pipelines.prompts import (
    DROPPED_AT_ONCE,
    EXAMPLES,
    MAX_HISTORY,
    OPENING_MESSAGES,
    Persona,
    fitted,
    opening,
    recites,
    shared_prefix,
    with_facts,
)

IVY = Persona(assistant="Ivy", store="Fern and Fig", instructions="A garden shop.\nBe brief.")

# What the model's service sends before the first question.
BEGINNING = cast(list[LLMStandardMessage], [shared_prefix()[0], *opening(IVY)])


def turn(number: int) -> list[LLMStandardMessage]:
    """A question and its answer."""
    return [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": f"answer {number}"}]


def test_all_stores_share_the_beginning() -> None:
    """What is the same for all stores comes before the first word about one of them."""
    before = len(shared_prefix()) - 1
    other = opening(Persona(assistant="Max", store="Bolts"))
    assert opening(IVY)[:before] == other[:before] == shared_prefix()[1:]
    assert len(opening(IVY)) == len(other) == OPENING_MESSAGES


def test_reciting_the_rules() -> None:
    """Six words of them in a row are noticed, whatever stands around them; five are how people talk."""
    assert recites("Sure! You are the automated, assistant who answers... the telephone.")
    assert not recites("I am the automated assistant who answers for Marlow Garden.")
    assert not any(recites(answer) for _, _, answer in EXAMPLES)


def test_the_store_is_named() -> None:
    """The model learns who it is and what the store asks of it."""
    about = str(opening(IVY)[-2])
    assert "Ivy" in about
    assert "Fern and Fig" in about
    assert "A garden shop. Be brief." in about


def test_facts_stand_before_the_question() -> None:
    """One fact a line, whatever line breaks it came with."""
    assert with_facts("Any shade\nplants?", ["Fern: 18\ndollars.", "Ivy: 5 dollars."]) == (
        "Facts:\n- Fern: 18 dollars.\n- Ivy: 5 dollars.\nCaller: Any shade plants?"
    )
    assert with_facts("Hello", []) == "Facts: none\nCaller: Hello"


def test_a_long_conversation_loses_its_oldest_turns() -> None:
    """The opening and the newest turns stay; several turns go at a time, so that the rest is rarely read again."""
    beginnings = set()
    for turns in range(1, 40):
        messages = [*BEGINNING, *(message for number in range(turns) for message in turn(number))]
        sent = fitted(messages)
        assert sent[: len(BEGINNING)] == BEGINNING
        assert sent[-1] == messages[-1]
        assert len(sent) <= len(BEGINNING) + MAX_HISTORY
        beginnings.add(sent[len(BEGINNING)]["content"])
    assert len(beginnings) <= 40 * 2 / DROPPED_AT_ONCE


def test_speakers_alternate() -> None:
    """Two messages of one speaker in a row, as an interruption leaves them, become one."""
    cut_off: LLMStandardMessage = {"role": "user", "content": "Wait,"}
    sent = fitted([*BEGINNING, cut_off, *turn(1)])
    assert sent[len(BEGINNING) :] == [
        {"role": "user", "content": "Wait,\nquestion 1"},
        {"role": "assistant", "content": "answer 1"},
    ]
