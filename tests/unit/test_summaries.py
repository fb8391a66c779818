"""What a store reads first about a call."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from pipelines.after.summaries import MAX_QUESTIONS, Outcome, summarised
from pipelines.conversations.records import ConversationId, Speaker, Turn

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def said(speaker: Speaker, text: str) -> Turn:
    """A turn."""
    return Turn(ConversationId(UUID(int=1)), 0, speaker, text, NOW, NOW)


GREETING = said(Speaker.ASSISTANT, "Welcome to Leaf")
QUESTION = said(Speaker.CALLER, "When do you open?")
ANSWER = said(Speaker.ASSISTANT, "At nine.")


@pytest.mark.parametrize(
    ("turns", "outcome"),
    [
        ([], Outcome.NOTHING_SAID),
        ([GREETING], Outcome.NOTHING_SAID),
        ([GREETING, QUESTION, ANSWER], Outcome.ANSWERED),
        ([GREETING, QUESTION, ANSWER, QUESTION], Outcome.UNANSWERED),
    ],
)
def test_the_outcome_follows_from_who_spoke_last(turns: list[Turn], outcome: Outcome) -> None:
    """Whoever hangs up without an answer is told apart from who got one, and from who said nothing."""
    assert summarised(turns).outcome is outcome


def test_the_summary_quotes_the_caller() -> None:
    """It holds nothing that was not said."""
    answer = said(Speaker.ASSISTANT, "Perhaps a fern.")
    summary = summarised([GREETING, QUESTION, ANSWER, said(Speaker.CALLER, "Which plant\nis nice?"), answer])
    assert summary.text == "The caller said “When do you open?”; “Which plant is nice?”."


def test_a_long_call_has_a_short_summary() -> None:
    """Whatever was said, the summary fits its column."""
    summary = summarised([said(Speaker.CALLER, "word " * 2000)] * 50)
    assert f"and {50 - MAX_QUESTIONS} more" in summary.text
    assert len(summary.text) < 1000
