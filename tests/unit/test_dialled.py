"""Phone numbers as people say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.tools.dialled import FEWEST, MOST, Dialled, joined, read, said

WORDS = {
    "0": ["zero", "oh", "O", "nought", "0"],
    "1": ["one", "1"],
    "2": ["two", "2"],
    "3": ["three", "3"],
    "4": ["four", "4"],
    "5": ["five", "5"],
    "6": ["six", "6"],
    "7": ["seven", "7"],
    "8": ["eight", "8"],
    "9": ["nine", "niner", "9"],
}


@pytest.mark.parametrize(
    ("spoken", "digits"),
    [
        ("five five five, oh one three four", "5550134"),
        ("Five, five, five, oh, one, three, four.", "5550134"),
        ("555-0134", "5550134"),
        ("It's 555 dash 0134.", "5550134"),
        ("five five five oh one double four", "5550144"),
        ("triple five zero one thirty four", "5550134"),
        ("fifty five fifty five oh one two", "5555012"),
        ("(212) 555-0134", "2125550134"),
        ("area code 212, then 5550134", "2125550134"),
        ("plus one 212 555 0134", "+12125550134"),
        ("+44 20 7946 0018", "+442079460018"),
        ("one eight hundred five five five oh one three four", "18005550134"),
        ("uh, my number is five five five, um, oh one three four, thanks", "5550134"),
        # What a recogniser makes of four and two, between digits.
        ("five five five oh one for two seven", "55501427"),
        # Taken back on the way.
        ("555 0134, no, sorry, 0135", "5550135"),
        ("five five five, wait, five five six, oh one three four", "5560134"),
        ("555 0134, no, 556 0134", "5560134"),
        # The whole number counts, and not what else is said in digits.
        ("I have two questions, call me on 555 0134 after 6 pm", "5550134"),
        ("hello", ""),
        ("", ""),
    ],
)
def test_numbers_are_read(spoken: str, digits: str) -> None:
    """Digit by digit, in pairs, doubled, with a country's code, corrected halfway, and among other words."""
    assert read(spoken).digits == digits


@pytest.mark.parametrize(
    ("before", "spoken", "digits"),
    [
        ("", "five five five", "555"),
        ("555", "oh one three four", "5550134"),
        ("555", "no, five five six", "556"),
        ("5550134", "no, double four", "5550144"),
        ("5550134", "no, it's 556 0135", "5560135"),
        ("555", "hm", "555"),
    ],
)
def test_pieces_are_joined(before: str, spoken: str, digits: str) -> None:
    """A pause ends no number; a no takes back as many digits as follow it, and a whole number all of them."""
    assert joined(before, read(spoken)) == digits


@given(st.data(), st.text("0123456789", min_size=FEWEST, max_size=MOST))
def test_every_number_said_digit_by_digit_is_read(data: st.DataObject, number: str) -> None:
    """Whatever words are chosen for its digits, and wherever there is a comma."""
    spoken = "".join(
        data.draw(st.sampled_from(WORDS[digit])) + data.draw(st.sampled_from([" ", ", "])) for digit in number
    )
    assert read(spoken) == Dialled(number)


@given(st.text())
def test_anything_can_be_said(spoken: str) -> None:
    """No words break it, and digits are ASCII."""
    assert read(spoken).digits.removeprefix("+").strip("0123456789") == ""


def test_numbers_are_spoken_in_groups() -> None:
    """So that callers can compare them with what they know by heart."""
    assert said("5550134") == "5 5 5, 0 1 3 4"
    assert said("+12125550134") == "plus 1, 2 1 2, 5 5 5, 0 1 3 4"
    assert said("5550") == "5 5 5, 0"
