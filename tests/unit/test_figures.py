"""What a model may say, and what it may not."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TextFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.grounding.answers import fact
from pipelines.grounding.figures import Evidence, figures
from pipelines.processors.figures import INSTEAD, FiguresGuard, GroundsFrame
from tests.shop import BASIL, DELIVERY, HOURS, MONSTERA, THURSDAY_2_PM, ZONE

ENTRIES = (MONSTERA, BASIL, DELIVERY)


def evidence(*, caller: str = "") -> Evidence:
    """Three entries, told on a Thursday at 2 PM."""
    now = THURSDAY_2_PM().astimezone(ZONE)
    return Evidence("\n".join(map(fact, ENTRIES)), caller, ENTRIES, hours=HOURS, now=now)


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("It's $4.50.", "4.5"),
        ("four dollars and fifty cents", "4.5"),
        ("thirty-eight dollars", "38"),
        ("fifty cents", "0.5"),
        ("Delivery is free.", "0"),
        ("20 euros", "20"),
    ],
)
def test_money_in_digits_and_words(text: str, money: str) -> None:
    """However an amount is written, it is one figure."""
    assert figures(text).money == {Decimal(money)}
    assert not figures(text).numbers


@pytest.mark.parametrize(
    "text", ["Feel free to ask.", "We're step-free.", "The large one.", "Two things to know.", "Free of peat."]
)
def test_no_figures(text: str) -> None:
    """Words that only look like figures are none."""
    assert not figures(text).money
    assert not figures(text).numbers


@pytest.mark.parametrize(
    "sentence",
    [
        "The monstera is $38.",
        "The monstera is thirty-eight dollars, and about 2 feet tall.",
        "The basil is four dollars and fifty cents.",
        "We deliver for free over $75, or else for eight dollars.",
        "We're open today until 6 PM.",
        "On Sunday we are open from ten to four.",
        "We're open Tuesday to Friday from 9 AM to 18:00, and closed on Monday.",
        "At 8 PM on Saturday we're closed.",
        "We close at half past five on Saturday.",
        "We're open now.",
        "We're open Saturday from 9 AM to 5:30 PM and Sunday from 10 AM to 4 PM.",
        "I'm sorry, I don't know that.",
        "I don't know whether the monstera is safe for cats.",
    ],
)
def test_what_has_a_ground(sentence: str) -> None:
    """Figures of the facts and hours of the table may be said, in any words."""
    assert evidence().supports(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The monstera is $40.",
        "The monstera is $4.50.",
        "The basil is four dollars.",
        "The monstera is free.",
        "It's 20 percent off.",
        "It takes three days.",
        "Call us at 518-555-0199.",
        "We're open today until 8 PM.",
        "We're open until seven.",
        "On Sunday we're open until 6 PM.",
        "On Sunday, we're open until 6 PM.",
        "We're open on Sunday, until 6 PM.",
        "We're open on Monday.",
        "We're closed on Sunday.",
        "We are not open on Sunday.",
        "We're closed now.",
        "At 8 PM on Saturday we're open.",
        "The workshop is at 9:45.",
        "The monstera is 15 feet tall.",
        "The basil is safe for cats.",
    ],
)
def test_what_has_none(sentence: str) -> None:
    """No other price, number or time may be said, nor one of something else, nor hours of another day, nor dangers."""
    assert not evidence().supports(sentence)


def test_the_callers_own_words() -> None:
    """The caller's numbers and times may be repeated; they make no price and no opening hour true."""
    heard = evidence(caller="I have 3 cats and 20 dollars, can I come at 7:15?")
    assert heard.supports("With 3 cats I'd be careful.")
    assert heard.supports("I'll say that you come at 7:15.")
    assert not heard.supports("The monstera is $20.")
    assert not heard.supports("We're open until 7:15.")


async def spoken(*frames: Frame) -> list[str]:
    """The texts that come out of the guard, in order."""
    down, _ = await run_test(FiguresGuard(evidence()), frames_to_send=frames)
    return [frame.text for frame in down if isinstance(frame, TextFrame)]


def reply(text: str) -> list[Frame]:
    """A model's reply, a few letters at a time."""
    pieces: list[Frame] = [LLMTextFrame(text[at : at + 3]) for at in range(0, len(text), 3)]
    return [LLMFullResponseStartFrame(), *pieces, LLMFullResponseEndFrame()]


async def test_grounded_text_is_released_piece_by_piece() -> None:
    """The first clause comes early, no word is lost, and figures in the facts stay."""
    text = "The monstera is a lovely plant, and it costs $38. We deliver for $8. Shall I say more"
    pieces = await spoken(*reply(text))
    assert pieces[0] == "The monstera is a lovely plant,"
    assert " ".join(pieces) == text


async def test_an_invented_figure_is_not_spoken() -> None:
    """In its place comes one honest sentence, once; the rest of the reply stays."""
    pieces = await spoken(*reply("Of course. The monstera is $99. The basil is $1. Anything else?"))
    assert pieces == ["Of course.", INSTEAD, "Anything else?"]


async def test_a_clause_is_judged_with_its_sentence() -> None:
    """The second half of a sentence is about the day in its first."""
    pieces = await spoken(*reply("On Sunday we are always open, from 9 AM to 6 PM."))
    assert pieces == ["On Sunday we are always open,", INSTEAD]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I'm doing well, thank you! How can I help you?", False),
        ("Happy birthday! I'm happy to help.", False),
        ("We sell cakes for that.", True),
        ("I'll put two of them aside.", True),
        ("You can pay later.", True),
    ],
)
async def test_small_talk_tells_nothing_of_the_store(said: str, told: bool) -> None:  # noqa: FBT001 - a table
    """It has no facts, so whatever it says of goods, people and promises is made up."""
    pieces = await spoken(GroundsFrame(talk=True, more=True), *reply(said))
    assert (INSTEAD in pieces) is told


async def test_quoted_text_passes_untouched() -> None:
    """What the store has written needs no other ground."""
    quoted = LLMTextFrame("The ficus is $99.")
    down, _ = await run_test(FiguresGuard(evidence()), frames_to_send=[GroundsFrame(None), quoted])
    assert [frame for frame in down if isinstance(frame, TextFrame)] == [quoted]


async def test_an_interruption_drops_what_is_held_back() -> None:
    """Half a sentence that the caller talked over is never spoken later."""
    pieces = await spoken(LLMTextFrame("I was"), SleepFrame(0.05), InterruptionFrame(), *reply("Yes."))
    assert pieces == ["Yes."]


async def test_pieces_are_whole_for_the_voice() -> None:
    """They come as frames that a speech service speaks at once, without waiting for more."""
    down, _ = await run_test(FiguresGuard(evidence()), frames_to_send=reply("Yes. No."))
    assert [type(frame) for frame in down] == [
        LLMFullResponseStartFrame,
        AggregatedTextFrame,
        AggregatedTextFrame,
        LLMFullResponseEndFrame,
    ]


@example("$0:0")
@given(st.text() | st.from_regex(r"[a-z0-9 $€.:,%'-]{0,40}", fullmatch=True))
def test_any_sentence_is_judged(sentence: str) -> None:
    """Nothing that a model writes breaks the guard."""
    evidence().supports(sentence)
