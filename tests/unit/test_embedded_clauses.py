"""What is spoken at a time."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.providers.embedded.clauses import ClauseAggregator


async def spoken(*tokens: str, aggregator: ClauseAggregator | None = None) -> list[str]:
    """Return the pieces that a reply of these tokens is spoken in."""
    aggregator = aggregator or ClauseAggregator()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
    pieces = [piece.text for token in tokens async for piece in aggregator.aggregate(token)]
    rest = await aggregator.flush()
    return pieces + ([rest.text] if rest else [])


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ("Yes, we do. Come by.", ["Yes,", "we do.", "Come by."]),
        (
            "Yes, we have oat milk, and soy too. Both are free.",
            ["Yes,", "we have oat milk,", "and soy too.", "Both are free."],
        ),
        ("Of course, I will tell them. Bye.", ["Of course,", "I will tell them.", "Bye."]),
        ("The snake plant is perfect for that.", ["The snake plant is perfect", "for that."]),
        (
            "You can return any unopened item within thirty days of purchase, with a receipt.",
            ["You can return any unopened item", "within thirty days of purchase, with a receipt."],
        ),
        (
            "Thanks. We open at nine, and we close at five, every day.",
            ["Thanks.", "We open at nine, and we close at five, every day."],
        ),
    ],
)
async def test_first_clause_is_early(reply: str, pieces: list[str]) -> None:
    """The first clause of a reply does not wait for its sentence; later sentences stay whole."""
    assert await spoken(reply) == pieces


@pytest.mark.parametrize(
    ("reply", "unbroken"),
    [
        ("The large one costs just 3.50 today. Thanks.", "3.50"),
        ("The full set costs about 1,250 dollars. Thanks.", "1,250"),
        ("We open again tomorrow at 9 a.m. on the dot. Thanks.", "9 a.m."),
        ("You will want to ask Dr. Smith about that one. Thanks.", "Dr. Smith"),
        ("It is best to call Mr. Jones at 503-555-0142, in the morning. Thanks.", "Mr. Jones"),
    ],
)
async def test_numbers_times_and_names_stay_whole(reply: str, unbroken: str) -> None:
    """A full stop or comma inside a price, a time or a name is no place to breathe."""
    assert any(unbroken in piece for piece in await spoken(*reply))


async def test_every_reply_opens_early() -> None:
    """The second reply's first clause is as early as the first's, also behind one that ended on a clause."""
    aggregator = ClauseAggregator()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
    reply = "Let me see about that, "
    assert await spoken(reply, aggregator=aggregator) == ["Let me see about that,"]
    assert await spoken(reply, "one moment.", aggregator=aggregator) == ["Let me see about that,", "one moment."]


async def test_interrupted_reply_is_forgotten() -> None:
    """Words that the caller talked over do not open the next reply."""
    aggregator = ClauseAggregator()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
    assert [piece async for piece in aggregator.aggregate("We are")] == []
    await aggregator.handle_interruption()
    assert await spoken("Sorry.", aggregator=aggregator) == ["Sorry."]


WORDS = st.sampled_from(
    ["we", "open", "at", "and", "9", "a.m.", "Dr.", "3.50", "1,250", "Yes,", "sure.", "Really?", "so:", "I", "—", "…"]
)
REPLIES = st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "  "])), max_size=40).map(
    lambda pairs: "".join(itertools.chain.from_iterable(pairs))
)


@given(reply=REPLIES | st.text(max_size=80), cuts=st.lists(st.integers(0, 200), max_size=20))
async def test_nothing_is_lost_and_tokens_do_not_matter(reply: str, cuts: list[int]) -> None:
    """However a model splits its reply into tokens, the same pieces come out, with every word in its order."""
    ends = [*sorted(cuts), len(reply)]
    tokens = [reply[start:end] for start, end in itertools.pairwise([0, *ends])]
    pieces = await spoken(*tokens)
    assert "".join("".join(pieces).split()) == "".join(reply.split())
    assert pieces == await spoken(reply)
