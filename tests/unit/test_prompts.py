"""What the model is told."""

from typing import cast

import pytest
from pipecat.processors.aggregators.llm_context import LLMStandardMessage

from pipelines.prompts import (
    DROPPED_AT_ONCE,
    EXAMPLES,
    MAX_HISTORY,
    MAX_NOTES_TOKENS,
    MAX_QUESTION_TOKENS,
    MAX_WORDS_TOKENS,
    OPENING_MESSAGES,
    Persona,
    fitted,
    opening,
    recites,
    shared_prefix,
    tokens_at_most,
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


SPEECHES = ["Do you have ferns? ", "植物はありますか。", "हम दयालु हैं। ", "🌱", "12345 ", "xqzk", "$%&", "\n", "ა"]


def words_of(messages: list[LLMStandardMessage]) -> int:
    """What is left for all words but the rules and examples, as the estimate counts it."""
    said = [*BEGINNING[-2:], *messages[len(BEGINNING) :]]
    return sum(tokens_at_most(str(message["content"])) for message in said)


@pytest.mark.parametrize("speech", SPEECHES)
@pytest.mark.parametrize("length", [100, 1_000, 20_000])
def test_however_long_they_are_the_words_fit(speech: str, length: int) -> None:
    """Whatever is said, in whichever script, the model's window holds what it is sent; the newest words stay."""
    text = (speech * length)[:length]
    messages = [*BEGINNING]
    for number in range(20):
        messages += [{"role": "user", "content": f"{text}{number}"}, {"role": "assistant", "content": text}]
    messages.append({"role": "user", "content": with_facts(f"{text} end", [f"{text} fact"] * 8)})
    sent = fitted(messages)
    assert words_of(sent) <= MAX_WORDS_TOKENS
    assert str(sent[-1]["content"]).endswith("end")
    assert tokens_at_most(str(sent[-1]["content"])) <= MAX_QUESTION_TOKENS


def test_a_question_keeps_its_first_facts() -> None:
    """Facts come best first: what does not fit are the last ones."""
    facts = [f"Fact {number}: " + "a long and winding story. " * 10 for number in range(30)]
    asked: LLMStandardMessage = {"role": "user", "content": with_facts("Is it so?", facts)}
    sent = str(fitted([*BEGINNING, asked])[-1]["content"])
    assert "Fact 0:" in sent
    assert "Fact 29:" not in sent
    assert sent.endswith("\nCaller: Is it so?")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("We are open now.", 5), ("delivery", 2), ("2026", 4), ("植物", 6), ("a  b", 3), ("xqzk", 4)],
)
def test_tokens_are_counted_without_a_model(text: str, tokens: int) -> None:
    """Up to four letters of a word that can be spoken are one; digits and marks one each; other scripts their bytes."""
    assert tokens_at_most(text) == tokens


def test_the_longest_notes_leave_room_to_talk() -> None:
    """A store that tells its assistant as much as it may still has a conversation of some length."""
    assert MAX_NOTES_TOKENS + MAX_QUESTION_TOKENS < MAX_WORDS_TOKENS
