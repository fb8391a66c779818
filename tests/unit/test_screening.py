"""What an answering machine says, and what people do who pick up."""

import pytest

from pipelines.processors.screening import sounds_recorded


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi, you've reached Sam. Please leave a message after the tone.",
        "You have reached the voicemail box of 202 555 0142.",
        "I can't come to the phone right now, leave your name and number",
        "The person you are trying to reach is not available at the moment.",
        "The mailbox is full.",
        "The number you have dialed is not in service.",
        "We are unable to take your call. Please record your message at the beep.",
        "Hello this is Sam I\N{RIGHT SINGLE QUOTATION MARK}m currently unavailable right now",
        "leave me a short message and I will call you back",
    ],
)
def test_machines_give_themselves_away(greeting: str) -> None:
    """They all say the same few things."""
    assert sounds_recorded(greeting)


@pytest.mark.parametrize(
    "greeting",
    [
        "Hello?",
        "Sam speaking, who is this?",
        "Marlow's kitchen, good morning.",
        "Yes, I can take the call now.",
        "Is the fern available?",
        "Sorry, could you say that again?",
        "Can you leave it at the door?",
        "I am at the shop, what is it?",
    ],
)
def test_people_do_not(greeting: str) -> None:
    """Nobody who picks up is hung up on."""
    assert not sounds_recorded(greeting)
