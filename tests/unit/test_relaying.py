"""What staff whispers, and what the caller hears of it."""

import pytest

from pipelines.providers.embedded.relaying import relayed


@pytest.mark.parametrize(
    ("whisper", "said"),
    [
        ("Offer her ten percent off", "We can offer you ten percent off."),
        ("tell him the olive tree is sold out", "The olive tree is sold out."),
        ("Please tell her that we can hold it until Friday.", "We can hold it until Friday."),
        ("Let him know his order is ready", "Your order is ready."),
        ("Tell the customer she can pick it up tomorrow", "You can pick it up tomorrow."),
        ("Say that Rosa will call back in ten minutes", "Rosa will call back in ten minutes."),
        ("ask for her phone number", "May I have your phone number, please?"),
        ("Ask if she wants delivery", "May I ask whether you want delivery?"),
        ("Ask them to come before five", "Please come before five."),
        ("Recommend the peace lily", "I'd recommend the peace lily."),
        ("invite them to the workshop on Saturday", "You're welcome to the workshop on Saturday."),
        ("Thank her for her patience", "Thank you for your patience."),
        ("apologise", "I'm sorry about that."),
        ("Apologize for the wait", "I'm sorry about the wait."),
        ("We have two left in the back", "We have two left in the back."),
        ("Yes", "Yes."),
        ("Ivy, please offer her a coffee", "We can offer you a coffee."),
    ],
)
def test_what_is_said(whisper: str, said: str) -> None:
    """An order is turned into what it wants said, to the caller and not about them; a statement is said as it is."""
    assert relayed(whisper, name="Ivy") == said


@pytest.mark.parametrize(
    "whisper", ["be brief", "Don't mention the price", "tell her about the workshop", "speak up", ""]
)
def test_what_says_nothing(whisper: str) -> None:
    """How to talk, what to leave out and what to look up are nothing to say."""
    assert relayed(whisper, name="Ivy") is None
