"""What is said of a long text."""

from pipelines.grounding.excerpts import MAX_CHARS, excerpt

PAGE = (
    "We began in a barn in 1961. "
    + "Much has changed since then, and we have grown with the town around us. " * 6
    + "Roses are pruned in March. Old roses are pruned after they have flowered."
)


def test_a_short_text_stays_whole() -> None:
    """However little of it was asked for."""
    assert excerpt("We deliver. It takes two days.", ["days"]) == "We deliver. It takes two days."


def test_of_a_long_text_what_was_asked_for() -> None:
    """The sentences with most of the words, in their order, and no more than one can listen to."""
    said = excerpt(PAGE, ["prune", "roses"])
    assert said.endswith("Roses are pruned in March. Old roses are pruned after they have flowered.")
    assert len(said) <= MAX_CHARS


def test_a_sentence_without_end() -> None:
    """It is cut between two words."""
    assert excerpt("word " * 200, ["word"]).endswith("word…")
