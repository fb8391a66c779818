"""What the voice is given to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.providers.speakable import speakable


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Call 503-555-0142.", "Call 5 0 3, 5 5 5, 0 1 4 2."),
        ("Call (503) 555-0142 now", "Call 5 0 3, 5 5 5, 0 1 4 2 now"),
        ("Call +1 503 555 0142.", "Call 1, 5 0 3, 5 5 5, 0 1 4 2."),
        ("Call 503.555.0142", "Call 5 0 3, 5 5 5, 0 1 4 2"),
        ("Call 5035550142", "Call 5 0 3 5 5 5 0 1 4 2"),
        ("Call 555-0142", "Call 5 5 5, 0 1 4 2"),
        ("Open 9am-5pm.", "Open 9 a.m. to 5 p.m."),
        ("Open 9:00 AM \N{EN DASH} 5:30 PM, daily", "Open 9:00 a.m. to 5:30 p.m., daily"),
        ("Open 10:00-18:00", "Open 10:00 to 18:00"),
        ("Mon-Fri, Sat\N{EN DASH}Sun", "Monday to Friday, Saturday to Sunday"),
        ("Rolls are $10-$15", "Rolls are $10 to $15"),
        ("Beans are $12.50/lb", "Beans are $12.50 per pound"),
        ("Open 24/7", "Open 24 7"),
        ("Portland, OR 97201.", "Portland, OR 9 7 2 0 1."),
        ("See https://www.example.com/returns?a=1.", "See example dot com."),
        ("See shop.example.com, please", "See shop dot example dot com, please"),
        ("Open 9\N{EN DASH}5, in 10-12 days.", "Open 9 to 5, in 10 to 12 days."),
        ("Until 5-6.", "Until 5 to 6."),
        ("On 12/25, by 1/2, not on 13/40", "On December 25th, by January 2nd, not on 13/40"),
        ("Closed on 12/25 and from Sept. 3", "Closed on December 25th and from September 3rd"),
        ("From Dec. 21 to 12/25", "From December 21st to December 25th"),
        ("12 NE 5th Ave, Apt. 4, Ste. 200", "12 Northeast 5th Avenue, Apartment 4, Suite 200"),
        ("At 4 Fir Tree Dr., ask for Dr. Smith, No. 5.", "At 4 Fir Tree Drive, ask for Dr. Smith, Number 5."),
        ("A 10 in pot, 3x4 ft", "A 10 inch pot, 3 by 4 ft"),
        ("Well… yes", "Well, yes"),
        ("Hmm...", "Hmm."),
    ],
)
def test_misread_text_is_spelled_out(written: str, said: str) -> None:
    """Numbers to dial, ranges, addresses on the web and dots are written as they are said."""
    assert speakable(written) == said


@pytest.mark.parametrize(
    "text",
    [
        "It costs $31 or $4.50, $1,299.50 in all, 2.5% off, the 1st of May, 12/25/2026.",
        "At 9:05, 9 a.m. or 21:00 on 2026-11-22.",
        "Dr. J. R. Smith at H&M, 12 Main St., 5th Ave., ask@example.com, 5 lbs, 6 ft, -5\N{DEGREE SIGN}F",
        "Version 3.5.1 of item A-4512, 1-2-3, 2026-01-02, 1/2 cup, 10% off, 5 in stock",
    ],
)
def test_well_read_text_stays(text: str) -> None:
    """What the voice reads correctly by itself is left to it."""
    assert speakable(text) == text


@given(st.text(max_size=200))
def test_any_text_can_be_made_speakable(text: str) -> None:
    """No reply of a language model breaks the reading, and doing it twice changes nothing bad: digits all survive."""
    digits = [c for c in text if c.isdecimal()]
    if "http" not in text and "/" not in text:
        assert [c for c in speakable(text) if c.isdecimal()] == digits
