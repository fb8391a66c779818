"""Questions whose answer nobody on the telephone can see."""

import pytest

from pipelines.grounding import unseen


@pytest.mark.parametrize(
    "question",
    ["How many monsteras have you got left?", "Are there any croissants left this morning?", "Is the basil sold out?"],
)
def test_what_is_on_the_shelves(question: str) -> None:
    """Stock is counted in the shop."""
    assert unseen.shelves(question)


@pytest.mark.parametrize(
    "question",
    [
        "Where is my order?",
        "Hi, has my order been sent yet?",
        "Is my bike ready yet?",
        "Are my shoes finished and ready?",
        "Can you check whether my refund went through?",
        "When will my parcel arrive?",
        "Did my husband pick up the plants this morning?",
    ],
)
def test_how_far_something_of_the_caller_s_is(question: str) -> None:
    """Only a tool of the store's could tell."""
    assert unseen.orders(question)


def test_the_weather() -> None:
    """That of a day on which the store is open is none of its hours; waterproof coats are its own."""
    assert unseen.weather("What will the weather be like on Saturday?")
    assert unseen.weather("Is it going to rain tomorrow?")
    assert not unseen.weather("Do you have something for bad weather?")


@pytest.mark.parametrize(
    "question",
    [
        "Do you have basil?",
        "How many people fit into the class?",
        "How long does delivery of an order take?",
        "Can I change my order?",
        "Where is my nearest bus stop?",
        "Is my dog allowed?",
        "Can my mother bring it back?",
    ],
)
def test_what_can_be_known(question: str) -> None:
    """Everything else is left to the store's facts."""
    assert not unseen.shelves(question)
    assert not unseen.orders(question)
