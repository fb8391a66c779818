"""What the model is told."""

import pytest

from pipelines.prompts import (
    EXAMPLES,
    MAX_QUESTION_TOKENS,
    OPENING_MESSAGES,
    Persona,
    opening,
    recites,
    shortened,
    tokens_at_most,
    with_facts,
)

IVY = Persona(assistant="Ivy", store="Fern and Fig", instructions="A garden shop.\nBe brief.")


def test_all_stores_share_the_beginning() -> None:
    """What is the same for all stores comes before the first word about one of them."""
    other = opening(Persona(assistant="Max", store="Bolts"))
    assert opening(IVY)[:-2] == other[:-2]
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


SPEECHES = ["Do you have ferns? ", "植物はありますか。", "हम दयालु हैं। ", "🌱", "12345 ", "xqzk", "$%&", "\n", "ა"]


@pytest.mark.parametrize("speech", SPEECHES)
@pytest.mark.parametrize("length", [100, 1_000, 20_000])
def test_however_long_it_is_a_question_fits(speech: str, length: int) -> None:
    """Whatever is said, in whichever script, the model's window holds what it is sent; the newest words stay."""
    text = (speech * length)[:length]
    sent = shortened(with_facts(f"{text} end", [f"{text} fact"] * 8))
    assert sent.endswith("end")
    assert tokens_at_most(sent) <= MAX_QUESTION_TOKENS


def test_a_question_keeps_its_first_facts() -> None:
    """Facts come best first: what does not fit are the last ones."""
    facts = [f"Fact {number}: " + "a long and winding story. " * 10 for number in range(30)]
    sent = shortened(with_facts("Is it so?", facts))
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
